import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeAuthority } from '../../../../tests/support/certificates.ts';
import { startPostgres, type TestPostgres } from '../../../../tests/support/postgres.ts';
import { type Database, mintPermit, type Permit, type Role, Secret } from '../core/index.ts';
import { sampleDatabase, sampleRole } from '../core/testing/index.ts';
import { postgresEngine, type Upstream } from '../engines/index.ts';
import { UpstreamPool } from './pool.ts';

let server: TestPostgres;

beforeAll(async () => {
  server = await startPostgres({
    certificate: await (await makeAuthority()).issue(['localhost']),
    hba: ['host all all 127.0.0.1/32 scram-sha-256'],
  });
  const admin = await server.adminClient();
  await admin.query(`create role app_readonly login password 'p-readonly'`);
  await admin.query(`create role app_admin login password 'p-admin'`);
  await admin.end();
});

afterAll(() => server.stop());

function role(name: string): Role {
  return sampleRole({ name, login: `app_${name}` });
}

function permit(subject: string, change: Partial<Database> = {}, roleName = 'readonly'): Permit {
  const database = sampleDatabase({
    port: server.port,
    upstreamName: 'postgres',
    pool: { mode: 'session', size: 4 },
    roles: [role('readonly'), role('admin')],
    ...change,
  });
  return mintPermit({
    principal: { method: 'local', subject, displayName: subject, groups: [], claims: {} },
    database,
    role: role(roleName),
    clientId: 'acme-bi',
    consentId: 'consent',
    tokenHash: 'token',
    endsAt: Date.now() + 60_000,
  });
}

function openPool(change: Partial<{ waitMs: number; passwords: (role: string) => readonly string[] }> = {}) {
  const passwords = change.passwords ?? ((name: string) => [`p-${name}`]);
  return new UpstreamPool({
    engines: { postgres: postgresEngine },
    credentials: {
      async *candidates({ role: { name, login } }) {
        for (const text of passwords(name)) yield { login, password: new Secret(text) };
      },
    },
    waitMs: change.waitMs ?? 5_000,
    idleMs: 60_000,
    connectTimeoutMs: 5_000,
  });
}

const noSettings: ReadonlyMap<string, string> = new Map();

async function pidOf(pool: UpstreamPool, of: Permit, settings = noSettings): Promise<string> {
  const lease = await pool.acquire(of, settings, 'request');
  const { pid } = lease.upstream;
  await lease.release('idle');
  return pid;
}

describe('the pool of upstream connections', () => {
  it('keeps nothing once it is closed, also what sessions bring back that were just ending', async () => {
    const pool = openPool();
    const ending = await pool.acquire(permit('viewer@example.com'), noSettings, 'request');
    pool.close();
    await ending.release('idle');
    expect(ending.upstream.closed).toBe(true);
  });

  it('B09 B15 C10 gives a proven-clean connection back to the same person, role and settings, and to nobody else', async () => {
    const pool = openPool();
    const ann = await pidOf(pool, permit('ann'));
    expect(await pidOf(pool, permit('ann'))).toBe(ann);
    expect(await pidOf(pool, permit('bob'))).not.toBe(ann);
    expect(await pidOf(pool, permit('ann', {}, 'admin'))).not.toBe(ann);
    expect(await pidOf(pool, permit('ann'), new Map([['TimeZone', 'UTC']]))).not.toBe(ann);
    expect(await pidOf(pool, permit('ann')), 'others came in between').toBe(ann);
    pool.closeIdle();
  });

  it.each<[what: string, change: Partial<Database>]>([
    ['another database of the server', { upstreamName: 'template1' }],
    ['another spelling of the server', { host: 'localhost' }],
    ['another kind of TLS', { tls: 'require' }],
    ['another authority that the server was checked against', { tlsCa: '/new/ca.crt' }],
    [
      'another certificate that was shown to the server',
      { tlsClient: { certificate: '/new/client.crt', privateKey: '/new/client.key' } },
    ],
    ['another entry of the configuration', { name: 'reports' }],
  ])('B10 gives nobody a connection of %s', async (_, change) => {
    const pool = openPool();
    const shared = { shareAcrossPeople: true };
    const kept = await pidOf(pool, permit('ann', shared));
    expect(await pidOf(pool, permit('ann', { ...shared, ...change }))).not.toBe(kept);
    expect(await pidOf(pool, permit('ann', shared))).toBe(kept);
    pool.closeIdle();
  });

  it('B15 shares among people only where the database says so', async () => {
    const pool = openPool();
    const shared = { shareAcrossPeople: true };
    expect(await pidOf(pool, permit('bob', shared))).toBe(await pidOf(pool, permit('ann', shared)));
    pool.closeIdle();
  });

  it('closes a connection that was not proven idle', async () => {
    const pool = openPool();
    const lease = await pool.acquire(permit('ann'), noSettings, 'request');
    await lease.release('doubtful');
    expect(lease.upstream.closed).toBe(true);
    expect(await pidOf(pool, permit('ann'))).not.toBe(lease.upstream.pid);
    pool.closeIdle();
  });

  it('B07 forgets an idle connection that the server ended', async () => {
    const pool = openPool();
    const lease = await pool.acquire(permit('ann'), noSettings, 'request');
    await lease.release('idle');
    const ended = new Promise<void>((resolve) => whenClosed(lease.upstream, resolve));
    const admin = await server.adminClient();
    await admin.query('select pg_terminate_backend($1)', [Number(lease.upstream.pid)]);
    await admin.end();
    await ended;
    expect(await pidOf(pool, permit('ann'))).not.toBe(lease.upstream.pid);
    pool.closeIdle();
  });

  it('opens no more than the size, and serves those who wait in order', async () => {
    const pool = openPool();
    const size = { pool: { mode: 'session', size: 1 } } as const;
    const first = await pool.acquire(permit('ann', size), noSettings, 'request');
    const order: string[] = [];
    const waiting = ['bob', 'cem'].map(async (name) => {
      const lease = await pool.acquire(permit(name, size), noSettings, 'request');
      order.push(name);
      await lease.release('idle');
    });
    await first.release('idle');
    await Promise.all(waiting);
    expect(order).toEqual(['bob', 'cem']);
    pool.closeIdle();
  });

  it('gives the room that a reload made to those who wait for it, before whoever comes then', async () => {
    const pool = openPool();
    const of = (name: string, size: number) => permit(name, { pool: { mode: 'session', size } });
    const held = await pool.acquire(of('ann', 1), noSettings, 'request');
    const waiting = pool.acquire(of('bob', 1), noSettings, 'request');
    const leases = [held, await pool.acquire(of('cem', 3), noSettings, 'request'), await waiting];
    expect(new Set(leases.map(({ upstream }) => upstream.pid)).size).toBe(3);
    for (const lease of leases) await lease.release('idle');
    pool.closeIdle();
  });

  it('refuses in words when none becomes free in time', async () => {
    const pool = openPool({ waitMs: 50 });
    const size = { pool: { mode: 'session', size: 1 } } as const;
    const held = await pool.acquire(permit('ann', size), noSettings, 'request');
    await expect(pool.acquire(permit('bob', size), noSettings, 'request')).rejects.toMatchObject({
      code: 'pool_exhausted',
    });
    await held.release('idle');
    expect(await pidOf(pool, permit('bob', size)), 'who gave up takes no place').not.toBe('');
    pool.closeIdle();
  });

  it('tries the second candidate of a rotation, and gives the room back when both fail', async () => {
    const size = { pool: { mode: 'session', size: 1 } } as const;
    const rotating = openPool({ passwords: () => ['p-next', 'p-readonly'] });
    expect(await pidOf(rotating, permit('ann', size))).not.toBe('');
    rotating.closeIdle();

    const lost = openPool({ passwords: () => ['p-next', 'p-other'] });
    for (let attempt = 0; attempt < 2; attempt += 1)
      await expect(lost.acquire(permit('ann', size), noSettings, 'request')).rejects.toMatchObject({
        code: 'upstream_refused_login',
      });
  });
});

function whenClosed(upstream: Upstream, resolve: () => void): void {
  const poll = setInterval(() => {
    if (!upstream.closed) return;
    clearInterval(poll);
    resolve();
  }, 5);
}
