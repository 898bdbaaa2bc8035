import pg from 'pg';
import { afterAll, afterEach, beforeAll } from 'vitest';
import { type FinishedStatement, postgresEngine } from '../../packages/server/src/engines/index.ts';
import { type EngineDoor, type EngineDoorOptions, openEngineDoor } from './engine-door.ts';
import { startPostgres, type TestPostgres } from './postgres.ts';
import { bytesOf, type RawCall, terminate } from './postgres-messages.ts';
import { RawPostgres } from './raw-postgres.ts';

/** The login behind the doors of a {@link RelayFixture}. */
export const relayLogin = { login: 'relay_app', password: 'pw' } as const;

/** The fixture of a test file: started before its first test, without doors before each, stopped after the last. */
export function relayFixture(): RelayFixture {
  const fixture = new RelayFixture();
  beforeAll(() => fixture.start());
  afterEach(() => fixture.closeDoors());
  afterAll(() => fixture.stop());
  return fixture;
}

/** A real server, and doors of the PostgreSQL engine to it. */
export class RelayFixture {
  #server: TestPostgres | undefined;
  #admin: pg.Client | undefined;
  readonly #doors: EngineDoor[] = [];

  async start(): Promise<void> {
    this.#server = await startPostgres();
    this.#admin = await this.#server.adminClient();
    await this.#admin.query(`
      CREATE ROLE ${relayLogin.login} LOGIN PASSWORD '${relayLogin.password}';
      GRANT CREATE ON SCHEMA public TO ${relayLogin.login};
    `);
  }

  get server(): TestPostgres {
    if (this.#server === undefined) throw new Error('the server is not started yet');
    return this.#server;
  }

  get admin(): pg.Client {
    if (this.#admin === undefined) throw new Error('the server is not started yet');
    return this.#admin;
  }

  async open(options: Partial<EngineDoorOptions> = {}): Promise<EngineDoor> {
    const { host, port } = this.server;
    const door = await openEngineDoor({
      engine: postgresEngine,
      database: { host, port },
      ...relayLogin,
      ...options,
    });
    this.#doors.push(door);
    return door;
  }

  async closeDoors(): Promise<void> {
    for (const door of this.#doors.splice(0)) await door.close();
  }

  async stop(): Promise<void> {
    await this.closeDoors();
    await this.#admin?.end();
    await this.#server?.stop();
  }

  /** Waits until a statement with this text runs on the server. */
  async running(part: string): Promise<void> {
    while (!(await this.#active(part)));
  }

  /** Waits until none does. */
  async notRunning(part: string): Promise<void> {
    while (await this.#active(part));
  }

  /** Waits until the server cannot send any more of such a statement's result: nobody takes it. */
  async heldBack(part: string): Promise<void> {
    let sightings = 0;
    // One look may fall between two portions; a server that was held back five looks in a row stays so.
    while (sightings < 5) {
      const { rows } = await this.admin.query(
        `SELECT 1 FROM pg_stat_activity WHERE wait_event = 'ClientWrite' AND strpos(query, $1) > 0`,
        [part],
      );
      sightings = rows.length > 0 ? sightings + 1 : 0;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  async #active(part: string): Promise<boolean> {
    const { rows } = await this.admin.query(
      `SELECT 1 FROM pg_stat_activity
         WHERE state = 'active' AND strpos(query, $1) > 0 AND pid <> pg_backend_pid()`,
      [part],
    );
    return rows.length > 0;
  }
}

export function doorUrl(door: Pick<EngineDoor, 'port'>): string {
  return `postgres://anyone:token@127.0.0.1:${door.port}/postgres`;
}

/** node-postgres through a door. */
export async function driver(door: Pick<EngineDoor, 'port'>): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: doorUrl(door) });
  client.on('error', () => {});
  await client.connect();
  return client;
}

/** A raw client through a door, and the cancel key that it was given. */
export async function connectRaw(door: EngineDoor): Promise<{ client: RawPostgres; key: Buffer }> {
  const { client, greeting } = await RawPostgres.connect({
    host: '127.0.0.1',
    port: door.port,
    user: 'anyone',
    database: 'postgres',
    password: 'token',
  });
  const key = greeting.find(({ type }) => type === 'K')?.body;
  if (key === undefined) throw new Error('the gateway gave no cancel key');
  return { client, key };
}

export async function raw(door: EngineDoor): Promise<RawPostgres> {
  return (await connectRaw(door)).client;
}

/** Sends all calls in one write, reads the given number of ReadyForQuery, leaves. Gives the types of the answers. */
export async function conversation(
  door: EngineDoor,
  calls: readonly RawCall[],
  readies: number,
): Promise<string> {
  const client = await raw(door);
  client.write(bytesOf(...calls));
  const types: string[] = [];
  for (let left = readies; left > 0; left -= 1) {
    types.push((await client.readUntilReady()).map(({ type }) => type).join(''));
  }
  client.write(bytesOf(terminate));
  await door.settled();
  return types.join(' ');
}

/** A record without what depends on time. */
export function gist({ durationMs, ...rest }: FinishedStatement): Omit<FinishedStatement, 'durationMs'> {
  if (!(durationMs >= 0)) throw new RangeError(`a duration of ${durationMs} ms`);
  return rest;
}
