import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createSecureContext } from 'node:tls';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { startPostgres, type TestPostgres } from '../../../../tests/support/postgres.ts';
import type { AuditEvent } from '../audit/index.ts';
import { type Database, Secret, systemClock } from '../core/index.ts';
import { sampleDatabase, sampleRole } from '../core/testing/index.ts';
import { postgresEngine } from '../engines/index.ts';
import { openStore } from '../store/index.ts';
import { FarSessions } from './far-sessions.ts';
import { type Listener, listen } from './listener.ts';
import { UpstreamPool } from './pool.ts';
import { SessionRegistry } from './session-registry.ts';

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
    roles: [sampleRole({ login: 'app_readonly' })],
  });
}

/** A door with everything real behind it, but that any token is the viewer's. `whileDialing` happens between token and welcome. */
async function openDoor(whileDialing: (door: OpenDoor) => Promise<void> = async () => {}): Promise<OpenDoor> {
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
        await whileDialing(door);
        yield { login, password: new Secret('p-readonly') };
      },
    },
    waitMs: 5_000,
    idleMs: 60_000,
    connectTimeoutMs: 5_000,
  });
  closers.push(async () => pool.close());
  const listener: Listener = await listen({
    engine: postgresEngine,
    address: { host: '127.0.0.1', port: 0 },
    tls: () => createSecureContext(),
    mostConnections: 10,
    couldNotAccept: () => {},
    services: {
      databases: () => databases,
      certificateStands: () => true,
      stillAllowed: async () => stillAllowed,
      verifyToken: async () => ({
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
      }),
      audit: {
        record: (event) => void events.push(event),
        recordDurably: async (event) => void events.push(event),
        failed: false,
        onFailure: () => {},
        close: async () => {},
      },
      pool,
      registry,
      farSessions: new FarSessions(store, 'gateway', systemClock, log),
      clock: systemClock,
      log,
    },
  });
  closers.push(() => listener.close());
  const door: OpenDoor = {
    port: listener.address.port,
    registry,
    of: (type) =>
      events.filter((event) => event.type === type).map((event) => ({ session: undefined, ...event })),
    forbid() {
      databases = new Map([['authdb', database()]]);
      stillAllowed = false;
    },
  };
  return door;
}

interface OpenDoor {
  readonly port: number;
  readonly registry: SessionRegistry;
  of(type: AuditEvent['type']): readonly { readonly session?: string | undefined }[];
  /** A reload after which nobody may be in. */
  forbid(): void;
}

async function ask(port: number): Promise<string> {
  const client = new pg.Client({
    host: '127.0.0.1',
    port,
    user: 'me',
    database: 'authdb',
    password: 'token',
  });
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
  });

  test.each<[what: string, meanwhile: (door: OpenDoor) => Promise<void>]>([
    [
      'access was revoked',
      (door) => door.registry.revoke({ kind: 'person', subject: 'local:viewer@example.com', reason: 'x' }),
    ],
    ['the rules were changed', async (door) => door.forbid()],
  ])(
    'that is refused because %s while it signed in at the database is recorded as ended too',
    async (_, meanwhile) => {
      const door = await openDoor(meanwhile);
      expect(await ask(door.port)).toContain('Your access was revoked');
      await expect.poll(() => door.of('door_refused'), { timeout: 10_000 }).toHaveLength(1);
      const [begun] = door.of('session_started');
      expect(begun?.session).toEqual(expect.any(String));
      expect(door.of('session_ended')).toMatchObject([
        { session: begun?.session, cause: 'refused', statements: 0 },
      ]);
    },
  );
});
