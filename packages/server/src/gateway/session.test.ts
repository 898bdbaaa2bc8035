import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createSecureContext } from 'node:tls';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { startPostgres, type TestPostgres } from '../../../../tests/support/postgres.ts';
import type { AuditEvent } from '../audit/index.ts';
import { type Database, Refusal, Secret, systemClock } from '../core/index.ts';
import { sampleDatabase, sampleRole } from '../core/testing/index.ts';
import { postgresEngine } from '../engines/index.ts';
import { driverSocket } from '../engines/postgres/driver-socket.ts';
import type { AskedAtDoor } from '../oauth/index.ts';
import { openStore } from '../store/index.ts';
import { FarSessions } from './far-sessions.ts';
import { type InProcessDoor, inProcessDoor } from './in-process-door.ts';
import { type Listener, listen } from './listener.ts';
import { UpstreamPool } from './pool.ts';
import { SessionRegistry } from './session-registry.ts';
import type { SessionServices } from './session-services.ts';

let server: TestPostgres;
const closers: (() => Promise<void>)[] = [];

beforeAll(async () => {
  server = await startPostgres({ hba: ['host all all 127.0.0.1/32 scram-sha-256'] });
  const admin = await server.adminClient();
  await admin.query(`create role app_readonly login password 'p-readonly'`);
  await admin.end();
});
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});
afterAll(() => server.stop());

function database(): Database {
  return sampleDatabase({
    port: server.port,
    upstreamName: 'postgres',
    pool: { mode: 'session', size: 1 },
    roles: [sampleRole({ login: 'app_readonly' })],
  });
}

/** What happens while a session begins, once each of these steps has looked at what it looks at. */
interface Meanwhile {
  readonly verifying?: (door: OpenDoor) => Promise<void>;
  readonly dialing?: (door: OpenDoor) => Promise<void>;
  readonly recording?: (event: AuditEvent) => Promise<void>;
}

/** A door with everything real behind it and one connection to the database, but that any token is the viewer's. */
async function openDoor(meanwhile: Meanwhile = {}): Promise<OpenDoor> {
  const events: AuditEvent[] = [];
  const registry = new SessionRegistry('gateway', systemClock);
  const folder = await mkdtemp(join(tmpdir(), 'grantway-session-'));
  closers.push(() => rm(folder, { recursive: true }));
  const store = await openStore({ kind: 'sqlite', path: join(folder, 'grantway.db') }, systemClock);
  closers.push(() => store.close());
  const log = { refused: () => {}, problem: () => {}, note: () => {} };
  let databases = new Map([['authdb', database()]]);
  let stillAllowed = true;
  const pool = new UpstreamPool({
    engines: { postgres: postgresEngine },
    credentials: {
      async *candidates({ role: { login } }) {
        await meanwhile.dialing?.(door);
        yield { login, password: new Secret('p-readonly') };
      },
    },
    waitMs: 5_000,
    idleMs: 60_000,
    connectTimeoutMs: 5_000,
  });
  closers.push(async () => pool.close());
  const asked: (AskedAtDoor | undefined)[] = [];
  const services: SessionServices = {
    databases: () => databases,
    certificateStands: () => true,
    stillAllowed: async () => stillAllowed,
    verifyToken: async (_, where) => {
      asked.push(where);
      await meanwhile.verifying?.(door);
      return {
        outcome: 'valid',
        token: {
          tokenHash: 'token',
          principal: {
            method: 'local',
            subject: 'viewer@example.com',
            displayName: 'Viewer',
            groups: [],
            claims: {},
          },
          clientId: 'app',
          consentId: 'consent',
          database: 'authdb',
          roles: ['readonly'],
          scopes: ['db:authdb:readonly'],
          expiresAt: systemClock.now() + 60_000,
        },
      };
    },
    audit: {
      record: (event) => void events.push(event),
      recordDurably: async (event) => {
        await meanwhile.recording?.(event);
        events.push(event);
      },
      failed: false,
      onFailure: () => {},
      close: async () => {},
    },
    pool,
    registry,
    farSessions: new FarSessions(store, 'gateway', systemClock, log),
    clock: systemClock,
    log,
  };
  const listener: Listener = await listen({
    issuer: 'http://127.0.0.1:8400',
    engine: postgresEngine,
    address: { host: '127.0.0.1', port: 0 },
    tls: () => createSecureContext(),
    mostConnections: 2_000,
    couldNotAccept: () => {},
    services,
  });
  closers.push(() => listener.close());
  const door: OpenDoor = {
    port: listener.address.port,
    inside: inProcessDoor({ postgres: postgresEngine }, services),
    asked,
    registry,
    of: (type) =>
      events
        .filter((event) => event.type === type)
        .map((event) => ({ session: undefined, upstreamPid: undefined, ...event })),
    forbid() {
      databases = new Map([['authdb', database()]]);
      stillAllowed = false;
    },
  };
  return door;
}

interface OpenDoor {
  readonly port: number;
  /** The same for callers in the process. */
  readonly inside: InProcessDoor;
  /** With what the doors asked whose tokens they were shown. */
  readonly asked: readonly (AskedAtDoor | undefined)[];
  readonly registry: SessionRegistry;
  of(
    type: AuditEvent['type'],
  ): readonly { readonly session?: string | undefined; readonly upstreamPid?: string | undefined }[];
  /** A reload after which nobody may be in. */
  forbid(): void;
}

async function ask(port: number): Promise<string> {
  return await asking({ host: '127.0.0.1', port, database: 'authdb' });
}

async function asking(where: pg.ClientConfig): Promise<string> {
  const client = new pg.Client({ user: 'me', password: 'token', ...where });
  try {
    await client.connect();
    const { rows } = await client.query('select session_user');
    await client.end();
    return String(rows[0]?.session_user);
  } catch (thrown) {
    return thrown instanceof Error ? thrown.message : String(thrown);
  }
}

describe('a session', () => {
  test('is recorded as begun and as ended, under one id', async () => {
    const door = await openDoor();
    expect(await ask(door.port)).toBe('app_readonly');
    await expect.poll(() => door.of('session_ended'), { timeout: 10_000 }).toHaveLength(1);
    const [begun] = door.of('session_started');
    expect(door.of('session_ended')).toMatchObject([{ session: begun?.session, cause: 'client_left' }]);
    expect(door.registry.list()).toEqual([]);
  });

  test.each<[what: string, meanwhile: Meanwhile]>([
    ['access was revoked while its token was read', { verifying: revoke }],
    ['access was revoked while it signed in at the database', { dialing: revoke }],
    ['the rules were changed while it signed in at the database', { dialing: async (door) => door.forbid() }],
  ])(
    'that is refused because %s is recorded as ended too, and is no session any more',
    async (_, meanwhile) => {
      const door = await openDoor(meanwhile);
      expect(await ask(door.port)).toContain('Your access was revoked');
      await expect.poll(() => door.of('door_refused'), { timeout: 10_000 }).toHaveLength(1);
      const [begun] = door.of('session_started');
      expect(begun?.session).toEqual(expect.any(String));
      expect(door.of('session_ended')).toMatchObject([
        { session: begun?.session, cause: 'refused', statements: 0 },
      ]);
      expect(door.registry.list()).toEqual([]);
    },
  );

  test('J01 whose beginning cannot be recorded does not begin', async () => {
    const door = await openDoor({
      recording: async ({ type }) => {
        if (type === 'session_started') throw new Refusal('audit_unavailable');
      },
    });
    expect(await ask(door.port)).toContain('the audit log cannot be written');
    expect(door.of('session_started')).toEqual([]);
    expect(door.registry.list()).toEqual([]);
    await expect
      .poll(() => door.of('door_refused'), { timeout: 10_000 })
      .toMatchObject([{ code: 'audit_unavailable', person: 'local:viewer@example.com', role: 'readonly' }]);
  });

  test('that was refused leaves its connection to nobody, and the only one of the pool to the next', async () => {
    let dialled = 0;
    const door = await openDoor({
      dialing: async ({ registry }) => {
        dialled += 1;
        if (dialled === 1) await registry.revoke({ kind: 'consent', subject: 'consent', reason: 'x' });
      },
    });
    expect(await ask(door.port)).toContain('Your access was revoked');
    expect(await ask(door.port)).toBe('app_readonly');
    const [refused, next] = door.of('session_started').map(({ upstreamPid }) => upstreamPid);
    expect(refused).toEqual(expect.any(String));
    expect(next).not.toBe(refused);
  });

  test('leaves the only connection of the pool to the next when it ends', async () => {
    const door = await openDoor();
    for (let session = 0; session < 2; session++) expect(await ask(door.port)).toBe('app_readonly');
    const [one, next] = door.of('session_started').map(({ upstreamPid }) => upstreamPid);
    expect(next).toBe(one);
  });

  test('begins although a thousand sockets that say nothing are there already: the eldest of them goes', async () => {
    const door = await openDoor();
    const silent: Socket[] = [];
    closers.push(async () => {
      for (const socket of silent) socket.destroy();
    });
    for (let count = 0; count < 1_000; count += 1) {
      const socket = connect(door.port, '127.0.0.1').on('error', () => {});
      silent.push(socket);
      await once(socket, 'connect');
    }
    expect(await ask(door.port)).toBe('app_readonly');
    await expect.poll(() => silent[0]?.closed, { timeout: 10_000 }).toBe(true);
  });

  test('is asked for by its wire with what stands there, and whose password that may be', async () => {
    const door = await openDoor();
    await asking({ host: '127.0.0.1', port: door.port, database: 'other' });
    const person = { remoteAddress: '127.0.0.1', requestId: expect.any(String) };
    expect(door.asked).toEqual([{ engine: 'postgres', database: 'other', user: 'me', person }]);
  });

  test('inside the process is for the database that its caller means, and nobody’s password is tried', async () => {
    const door = await openDoor();
    const stream = () => driverSocket(door.inside.open('postgres', '192.0.2.1', { database: 'authdb' }));
    await asking({ stream, ssl: false, database: 'other' });
    expect(door.asked).toStrictEqual([{ engine: 'postgres', database: 'authdb', user: 'me' }]);
  });

  test('that does not begin as the protocol wants is refused on record', async () => {
    const door = await openDoor();
    const socket = connect(door.port, '127.0.0.1').on('error', () => {});
    socket.end('GET / HTTP/1.1\r\n\r\n');
    await expect
      .poll(() => door.of('door_refused'), { timeout: 10_000 })
      .toMatchObject([{ remoteAddress: '127.0.0.1' }]);
    socket.destroy();
  });
});

async function revoke({ registry }: OpenDoor): Promise<void> {
  await registry.revoke({ kind: 'person', subject: 'local:viewer@example.com', reason: 'x' });
}
