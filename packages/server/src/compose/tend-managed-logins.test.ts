import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { type ManagedDatabase, makeManagedDatabase } from '../../../../tests/support/managed-database.ts';
import { ManagedLoginBed } from '../../../../tests/support/managed-logins.ts';
import { startPostgres, type TestPostgres } from '../../../../tests/support/postgres.ts';
import { newUuid, Secret } from '../core/index.ts';
import { postgresRoleManager } from '../engines/postgres/roles/index.ts';

let server: TestPostgres;
let sample: ManagedDatabase;
let bed: ManagedLoginBed;
let look: () => Promise<void>;
const connected = new Set<pg.Client>();

beforeAll(async () => {
  server = await startPostgres();
});
afterAll(async () => {
  await server.stop();
});
beforeEach(async () => {
  sample = await makeManagedDatabase(server, {
    readwrite: { kind: 'template', template: 'write' },
    readonly: { kind: 'template', template: 'read' },
  });
  const { database, managerPassword } = sample;
  await postgresRoleManager.apply(database, managerPassword);
  bed = await ManagedLoginBed.make({ database, managerPassword, manager: postgresRoleManager });
  for (const role of database.roles) expect(await bed.rotate(role)).toBe('rotated');
  look = bed.gateway('first');
});
afterEach(async () => {
  for (const client of connected) await client.end();
  connected.clear();
  await bed.remove();
  await sample.close();
});

/** A session, as the gateway would begin it. */
async function session(role: string): Promise<pg.Client> {
  const { host, port, upstreamName: database } = sample.database;
  const { login: user } = sample.role(role);
  const password = (await bed.secretOf(sample.role(role))).reveal();
  const client = new pg.Client({ host, port, database, user, password });
  await client.connect();
  connected.add(client);
  return client;
}

async function readsUsers(client: pg.Client): Promise<number | null> {
  return (await client.query('SELECT * FROM users')).rowCount;
}

/** Everything that somebody keeps for the sessions of the role's login, as `name=value`. */
async function settingsOf(role: string): Promise<readonly string[]> {
  const { rows } = await sample.superuser.query<{ setting: string }>(
    `SELECT unnest(setconfig) AS setting FROM pg_db_role_setting WHERE setrole = $1::regrole ORDER BY 1`,
    [sample.role(role).login],
  );
  return rows.map(({ setting }) => setting);
}

/** What is kept of the passwords, in the store and on the server. */
async function kept(): Promise<unknown> {
  const { rows } = await sample.superuser.query(
    `SELECT rolname, rolpassword FROM pg_authid WHERE rolname LIKE $1 ORDER BY 1`,
    [`${sample.database.name}%`],
  );
  return {
    rows,
    current: await bed.store.sealed.list('role'),
    next: await bed.store.sealed.list('role-next'),
  };
}

/** Counts from now on how often a gateway looks that is made afterwards. */
function countLooks(): () => number {
  let looks = 0;
  bed.manager = {
    ...postgresRoleManager,
    ownChanges: {
      takeBackSettings: async (...call) => {
        looks += 1;
        return (await postgresRoleManager.ownChanges?.takeBackSettings(...call)) ?? [];
      },
    },
  };
  return () => looks;
}

test('C04 a password that a session set for its login lasts until the next look, and sessions go on', async () => {
  const role = sample.role('readonly');
  const own = await session('readonly');
  await own.query(`ALTER ROLE CURRENT_USER PASSWORD 'mine now'`);
  expect(await bed.letsIn(role)).toBe(false);

  await look();
  expect(await readsUsers(await session('readonly'))).toBe(3);
  expect(await readsUsers(own)).toBe(3);
  expect(await postgresRoleManager.accepts(sample.database, role, new Secret('mine now'))).toBe(false);
  expect(bed.events).toEqual([
    {
      type: 'admin',
      action: 'role_secret_rotated',
      target: `${sample.database.name}/readonly`,
      by: 'grantway',
      detail: `the server took none of the secrets of the login ${role.login}`,
    },
  ]);
  expect(bed.problems).toEqual([expect.stringContaining(`${sample.database.name}/readonly`)]);
  const told = JSON.stringify([bed.events, bed.problems]);
  for (const secret of ['mine now', (await bed.secretOf(role)).reveal()]) expect(told).not.toContain(secret);
});

test('C04 settings that a session made for its login are gone after the next look, those of an administrator not', async () => {
  const { superuser, database } = sample;
  const { login } = sample.role('readonly');
  const own = await session('readonly');
  for (const setting of ['search_path = evil', `TimeZone = 'Asia/Tokyo'`, `role = 'none'`, 'seed = 0.5'])
    await own.query(`ALTER ROLE CURRENT_USER SET ${setting}`);
  await own.query(`ALTER ROLE CURRENT_USER IN DATABASE ${database.upstreamName} SET statement_timeout = 1`);
  await superuser.query(`ALTER ROLE ${login} SET log_statement = 'all'`);
  await superuser.query(`ALTER ROLE ${sample.owner} SET search_path = theirs`);
  expect(await settingsOf('readonly')).toHaveLength(6);

  await look();
  // A seed is for a superuser to take back, and must not keep the others from it.
  expect(await settingsOf('readonly')).toEqual(['log_statement=all', 'seed=0.5']);
  expect(bed.events).toHaveLength(4);
  expect(bed.events).toContainEqual({
    type: 'admin',
    action: 'role_settings_taken_back',
    target: database.name,
    by: 'grantway',
    detail: `${login} has a setting of its own: search_path; ALTER ROLE "${login}" RESET "search_path"`,
  });
  const next = await session('readonly');
  expect((await next.query('SHOW search_path')).rows).toEqual([{ search_path: '"$user", public' }]);

  await look();
  expect(bed.events).toHaveLength(4);
  expect(bed.problems).toHaveLength(1);
});

test('C04 a setting with which the server lets nobody in is taken back', async () => {
  const own = await session('readonly');
  await own.query(`ALTER ROLE CURRENT_USER SET local_preload_libraries = 'there is none'`);
  await expect(bed.letsIn(sample.role('readonly'))).rejects.toThrow(/could not be tried/);
  await look();
  expect(await bed.letsIn(sample.role('readonly'))).toBe(true);
  expect(bed.problems).toEqual([expect.stringContaining('local_preload_libraries')]);
});

test('a look at logins that nobody changed writes nothing but whose turn it is', async () => {
  const before = await kept();
  for (const gateway of [look, look, bed.gateway('second')]) await gateway();
  expect(await kept()).toEqual(before);
  expect([bed.events, bed.problems]).toEqual([[], []]);
});

test('of several gateways one looks at a time', async () => {
  const looks = countLooks();
  const [first, second] = [bed.gateway('one'), bed.gateway('two')];
  await Promise.all([first(), second()]);
  expect(looks()).toBe(1);
  await Promise.all([first(), second()]);
  expect(looks()).toBe(2);
});

test('a login that another process rotates at this moment is left to that process', async () => {
  const role = sample.role('readonly');
  await (await session('readonly')).query(`ALTER ROLE CURRENT_USER PASSWORD 'mine now'`);
  const before = await kept();
  const [lock, other, now] = [`rotate-role ${sample.database.name}/readonly`, newUuid(), Date.now()];
  await bed.store.locks.acquire(lock, other, now + 60_000, now);
  await look();
  expect(await kept()).toEqual(before);
  expect(bed.events).toEqual([]);

  await bed.store.locks.release(lock, other);
  await look();
  expect(await bed.letsIn(role)).toBe(true);
});

test('a login that was rotated while the look tried its old secret keeps the new one', async () => {
  const role = sample.role('readonly');
  let rotated = '';
  bed.manager = {
    ...postgresRoleManager,
    accepts: async (database, tried, password) => {
      if (rotated === '' && tried.name === role.name) {
        rotated = 'under way';
        rotated = await bed.rotate(role);
      }
      return await postgresRoleManager.accepts(database, tried, password);
    },
  };
  await bed.gateway('slow')();
  expect(rotated).toBe('rotated');
  expect(await bed.letsIn(role)).toBe(true);
  expect([bed.events, bed.problems]).toEqual([[], []]);
});

test('a manager account that is refused is asked less and less, and told once', async () => {
  const looks = countLooks();
  const right = bed.managerPassword;
  bed.managerPassword = new Secret('wrong');
  const one = bed.gateway('one');
  const askedAt: number[] = [];
  for (let minute = 1; minute <= 21; minute++) {
    const before = looks();
    await one();
    if (looks() > before) askedAt.push(minute);
  }
  expect(askedAt).toEqual([1, 3, 7, 12, 17]);
  expect(bed.problems).toEqual([
    expect.stringMatching(/^The settings of the managed logins of ".*" cannot be looked after/),
  ]);

  // A reload of the config looks anew.
  bed.managerPassword = right;
  bed.database = { ...bed.database };
  await (await session('readonly')).query(`ALTER ROLE CURRENT_USER PASSWORD 'mine now'`);
  await one();
  expect(await bed.letsIn(sample.role('readonly'))).toBe(true);
});

test('a password that the manager account cannot set again is told once, until it can', async () => {
  const { managerPassword } = bed;
  await (await session('readonly')).query(`ALTER ROLE CURRENT_USER PASSWORD 'mine now'`);
  bed.managerPassword = new Secret('wrong');
  for (let minute = 1; minute <= 4; minute++) await look();
  expect(bed.problems.filter((line) => line.startsWith('The login of'))).toHaveLength(1);
  bed.managerPassword = managerPassword;
  for (let minute = 5; minute <= 7; minute++) await look();
  expect(await bed.letsIn(sample.role('readonly'))).toBe(true);
});

test('a login that an administrator let expire stays so, which is told once', async () => {
  const role = sample.role('readonly');
  await sample.superuser.query(`ALTER ROLE ${role.login} VALID UNTIL '2020-01-01'`);
  for (let minute = 1; minute <= 8; minute++) await look();
  expect(bed.problems).toHaveLength(1);
  const { rows } = await sample.superuser.query(
    `SELECT rolvaliduntil < now() AS expired FROM pg_roles WHERE rolname = $1`,
    [role.login],
  );
  expect(rows).toEqual([{ expired: true }]);
  await sample.superuser.query(`ALTER ROLE ${role.login} VALID UNTIL 'infinity'`);
  expect(await bed.letsIn(role)).toBe(true);
});

test('a login that is gone is not made again, and the others of its database are mended all the same', async () => {
  const gone = sample.role('readwrite');
  await sample.superuser.query(`DROP OWNED BY ${gone.login}; DROP ROLE ${gone.login}`);
  await (await session('readonly')).query(`ALTER ROLE CURRENT_USER PASSWORD 'mine now'`);
  await look();
  expect(await bed.letsIn(sample.role('readonly'))).toBe(true);
  expect(await bed.letsIn(gone)).toBe(false);
  expect(bed.problems.filter((line) => line.includes('/readwrite'))).toHaveLength(1);
});

test('only logins that Grantway made are touched: not one with a password in the config, not one that never got a secret', async () => {
  const [readwrite, readonly] = [sample.role('readwrite'), sample.role('readonly')];
  await bed.vault.remove('role', `${sample.database.name}/readwrite`);
  const { grants, ...ofTheConfig } = readonly;
  bed.database = { ...bed.database, roles: [readwrite, { ...ofTheConfig, password: 'env:ITS' }] };
  const before = await kept();
  await sample.superuser.query(`ALTER ROLE ${readonly.login} SET search_path = theirs`);
  await look();
  expect(await kept()).toEqual(before);
  expect(await settingsOf('readonly')).toEqual(['search_path=theirs']);
  expect([bed.events, bed.problems]).toEqual([[], []]);
});

test('of a database without a manager account nothing is looked at', async () => {
  const { manager, ...without } = bed.database;
  bed.database = without;
  await (await session('readonly')).query(`ALTER ROLE CURRENT_USER PASSWORD 'mine now'`);
  const before = await kept();
  await look();
  expect(await kept()).toEqual(before);
  expect([bed.events, bed.problems]).toEqual([[], []]);
});

test('what cannot be recorded is not done', async () => {
  const own = await session('readonly');
  await own.query(`ALTER ROLE CURRENT_USER SET search_path = evil`);
  await own.query(`ALTER ROLE CURRENT_USER PASSWORD 'mine now'`);
  const before = await kept();
  bed.auditWorks = false;
  await look();
  expect(await kept()).toEqual(before);
  expect(await settingsOf('readonly')).toEqual(['search_path=evil']);
  expect(bed.problems).toHaveLength(2);
});

test('a look whose gateway is stopped ends with the login in hand', async () => {
  const ending = new AbortController();
  const tried: string[] = [];
  bed.manager = {
    ...postgresRoleManager,
    accepts: async (database, role, password) => {
      tried.push(role.name);
      ending.abort();
      return await postgresRoleManager.accepts(database, role, password);
    },
  };
  await (await session('readwrite')).query(`ALTER ROLE CURRENT_USER PASSWORD 'mine now'`);
  await bed.gateway('stopped')(ending.signal);
  expect(new Set(tried)).toEqual(new Set(['readwrite']));
  expect(await bed.letsIn(sample.role('readwrite'))).toBe(true);
});

test('a gateway that cannot read the manager’s password leaves the look to one that can', async () => {
  const blind = bed.gateway('blind', () => Promise.reject(new Error('MANAGER is not set')));
  await (await session('readonly')).query(`ALTER ROLE CURRENT_USER PASSWORD 'mine now'`);
  await blind();
  expect(bed.problems).toEqual([expect.stringContaining('MANAGER is not set')]);
  await look();
  expect(await bed.letsIn(sample.role('readonly'))).toBe(true);
});
