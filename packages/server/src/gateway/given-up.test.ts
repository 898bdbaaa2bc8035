import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { EngineDoor, EngineDoorOptions } from '../../../../tests/support/engine-door.ts';
import { type GatedRelay, startGatedRelay } from '../../../../tests/support/gated-relay.ts';
import { MysqlFixture, mysqlDriver, mysqlLogin } from '../../../../tests/support/mysql-fixture.ts';
import { driver, RelayFixture, relayLogin } from '../../../../tests/support/relay-fixture.ts';
import { Secret } from '../core/index.ts';
import { mysqlEngine, postgresEngine } from '../engines/index.ts';
import { UpstreamPool } from './pool.ts';

/** What the two engines do not share: the server, and what a client of it does. */
interface Side {
  readonly fixture: {
    readonly server: { readonly host: string; readonly port: number };
    open(options: Partial<EngineDoorOptions>): Promise<EngineDoor>;
    stop(): Promise<void>;
  };
  readonly login: { readonly login: string; readonly password: string };
  /** Begins a statement that runs until it is ended; gives what makes its client vanish, as a crash does: without a word. */
  runForEver(door: EngineDoor): Promise<() => void>;
  /** Signs in and leaves. */
  visit(door: EngineDoor): Promise<void>;
  /** Resolves when the server runs that statement no more. */
  untilNothingRuns(): Promise<void>;
}

const sides: Readonly<Record<'mysql' | 'postgres', () => Promise<Side>>> = {
  mysql: async () => {
    const fixture = await MysqlFixture.start('mysql-9.7');
    return {
      fixture,
      login: mysqlLogin,
      runForEver: async (door) => {
        const client = await mysqlDriver(door);
        client.query('SELECT /* for ever */ SLEEP(3000)').catch(() => {});
        await fixture.runs('for ever', true);
        return () => client.destroy();
      },
      visit: async (door) => await (await mysqlDriver(door)).end(),
      untilNothingRuns: () => fixture.runs('for ever', false),
    };
  },
  postgres: async () => {
    const fixture = new RelayFixture();
    await fixture.start();
    return {
      fixture,
      login: relayLogin,
      runForEver: async (door) => {
        const client = await driver(door);
        client.query('select /* for ever */ pg_sleep(3000)').catch(() => {});
        await fixture.running('for ever');
        return () => client.connection.stream.destroy();
      },
      visit: async (door) => await (await driver(door)).end(),
      untilNothingRuns: () => fixture.notRunning('for ever'),
    };
  },
};

/** A server with room for one session in the pool, behind a relay that can hold a connection back. */
interface Bed {
  readonly side: Side;
  readonly relay: GatedRelay;
  readonly door: EngineDoor;
  readonly pool: CountedPool;
}

async function makeBed(engine: keyof typeof sides): Promise<Bed> {
  const side = await sides[engine]();
  stops.push(() => side.fixture.stop());
  const relay = await startGatedRelay(side.fixture.server);
  stops.push(() => relay.stop());
  const pool = countedPool(side.login);
  const database = { host: '127.0.0.1', port: relay.port, pool: { mode: 'session', size: 1 } } as const;
  return { side, relay, pool, door: await side.fixture.open({ database, pool: pool.pool }) };
}

/** A pool, and how often it began to open a connection. */
interface CountedPool {
  readonly pool: UpstreamPool;
  readonly dialled: number;
}

let stops: (() => Promise<void>)[] = [];
async function stop(): Promise<void> {
  for (const one of stops.toReversed()) await one();
  stops = [];
}

function countedPool({ login, password }: Side['login']): CountedPool {
  let dialled = 0;
  const pool = new UpstreamPool({
    engines: { mysql: mysqlEngine, postgres: postgresEngine },
    credentials: {
      async *candidates() {
        dialled += 1;
        yield { login, password: new Secret(password) };
      },
    },
    waitMs: 60_000,
    idleMs: 60_000,
    connectTimeoutMs: 30_000,
  });
  stops.push(async () => pool.close());
  return {
    pool,
    get dialled() {
      return dialled;
    },
  };
}

describe.for(['mysql', 'postgres'] as const)(
  'a client that vanishes while its statement runs on %s',
  (engine) => {
    let bed: Bed;
    beforeAll(async () => {
      bed = await makeBed(engine);
    });
    afterAll(stop);

    test('keeps its place in the pool until the server has been told to end it', async () => {
      const { relay, door, pool, side } = bed;
      const vanish = await side.runForEver(door);
      const visited = side.visit(door).catch((cause: Error) => cause);
      while (door.accepted.length < 2) await new Promise((resolve) => setImmediate(resolve));
      const telling = relay.holdNext();
      vanish();
      await telling.arrived;
      expect(pool.dialled).toBe(1);
      telling.letPass();
      expect(await visited).toBeUndefined();
      expect(pool.dialled).toBe(2);
      await side.untilNothingRuns();
    });

    test('gives its place back also when the server cannot be told', async () => {
      const { relay, door, side } = bed;
      const vanish = await side.runForEver(door);
      const telling = relay.holdNext();
      vanish();
      await telling.arrived;
      await side.visit(door);
    });
  },
);
