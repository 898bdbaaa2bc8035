import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterEach, expect, test } from 'vitest';
import { redisEngine } from '../../../../tests/support/redis-fixture.ts';
import type { AuditEvent } from '../audit/index.ts';
import { mintPermit, type Principal, Secret, systemClock } from '../core/index.ts';
import { refusalOf, sampleDatabase, sampleRole } from '../core/testing/index.ts';
import { openStore } from '../store/index.ts';
import { FarSessions } from './far-sessions.ts';
import { UpstreamPool } from './pool.ts';
import { renewSession } from './renew-session.ts';
import { SessionRegistry } from './session-registry.ts';

const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

const cache = () => sampleDatabase({ name: 'cache', engine: 'redis', roles: [sampleRole()] });
const ann: Principal = { method: 'local', subject: 'ann', displayName: 'Ann', groups: [], claims: {} };

/** A live session; `meanwhile` is called while the record of its renewal is written. */
async function liveSession(meanwhile: (reload: () => void) => void) {
  const folder = await mkdtemp(join(tmpdir(), 'grantway-renew-session-'));
  closers.push(() => rm(folder, { recursive: true }));
  const store = await openStore({ kind: 'sqlite', path: join(folder, 'grantway.db') }, systemClock);
  closers.push(() => store.close());
  const registry = new SessionRegistry('gateway', systemClock);
  let databases = new Map([['cache', cache()]]);
  let stillAllowed = true;
  const log = { refused: () => {}, problem: () => {}, note: () => {} };
  const types: AuditEvent['type'][] = [];
  const permit = mintPermit({
    principal: ann,
    database: cache(),
    role: sampleRole(),
    clientId: 'app',
    consentId: 'first',
    tokenHash: 'first',
    endsAt: systemClock.now() + 60_000,
  });
  const told: string[] = [];
  const entry = registry.enter({
    id: 'session',
    permit,
    remoteAddress: '127.0.0.1',
    cancelKey: { id: 'key', bytes: Buffer.alloc(0) },
    watermark: registry.watermark,
    stopped: ({ code }) => void told.push(code),
  });
  if (entry.outcome !== 'entered') throw new Error(entry.outcome);
  closers.push(() => entry.leave());
  const reload = () => {
    databases = new Map([['cache', cache()]]);
    stillAllowed = false;
  };
  const renewed = renewSession(
    new Secret('token'),
    {
      permit,
      subject: {},
      entry,
      arrival: {
        socket: new PassThrough(),
        engine: redisEngine,
        door: { name: 'redis', clearTextAllowed: true },
        remoteAddress: '127.0.0.1',
        letIn: () => {},
      },
    },
    {
      databases: () => databases,
      certificateStands: () => true,
      stillAllowed: async () => stillAllowed,
      verifyToken: async () => ({
        outcome: 'valid',
        token: {
          tokenHash: 'second',
          principal: ann,
          clientId: 'app',
          consentId: 'second',
          database: 'cache',
          roles: ['readonly'],
          scopes: ['db:cache:readonly'],
          expiresAt: systemClock.now() + 60_000,
        },
      }),
      audit: {
        record: ({ type }) => void types.push(type),
        recordDurably: async ({ type }) => {
          types.push(type);
          meanwhile(reload);
        },
        failed: false,
        onFailure: () => {},
        close: async () => {},
      },
      pool: new UpstreamPool({
        engines: {},
        credentials: { async *candidates() {} },
        waitMs: 0,
        idleMs: 0,
        connectTimeoutMs: 0,
      }),
      registry,
      farSessions: new FarSessions(store, 'gateway', systemClock, log),
      clock: systemClock,
      log,
    },
  );
  return { registry, renewed, told, types };
}

test('a session that is renewed lives on under the consent of the new token', async () => {
  const { registry, renewed, told } = await liveSession(() => {});
  expect(await renewed).toEqual({ consent: 'second' });
  expect(registry.list()).toMatchObject([{ consentId: 'second' }]);
  expect(told).toEqual([]);
});

test('a session that is renewed while the rules change so that it would not be let in any more ends', async () => {
  const { renewed, told, types } = await liveSession((reload) => reload());
  expect(await refusalOf(renewed)).toMatchObject({ code: 'access_revoked' });
  expect(told).toEqual(['access_revoked']);
  expect(types).toEqual(['session_renewed', 'door_refused']);
});
