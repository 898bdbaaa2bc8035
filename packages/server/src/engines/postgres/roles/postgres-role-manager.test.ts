import { existsSync, readdirSync } from 'node:fs';
import type pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  type ManagedDatabase,
  makeManagedDatabase,
} from '../../../../../../tests/support/managed-database.ts';
import { startPostgres, type TestPostgres } from '../../../../../../tests/support/postgres.ts';
import { type Database, type ManagedGrants, Refusal, Secret } from '../../../core/index.ts';
import type { PlannedStatement } from '../../role-manager.ts';
import { postgresRoleManager } from './index.ts';

/** PostgreSQL 18, and each of Debian's servers on this machine: before 16 memberships have neither INHERIT nor SET. */
const debian = '/usr/lib/postgresql';
const versions: readonly { readonly version: string; readonly bin?: string }[] = [
  { version: '18' },
  ...(existsSync(debian) ? readdirSync(debian) : [])
    .filter((version) => existsSync(`${debian}/${version}/bin/initdb`))
    .map((version) => ({ version, bin: `${debian}/${version}/bin` })),
];

const plan = async ({ database, managerPassword }: ManagedDatabase) =>
  await postgresRoleManager.plan(database, managerPassword);
const apply = async ({ database, managerPassword }: ManagedDatabase) =>
  await postgresRoleManager.apply(database, managerPassword);

describe.for(versions)('managed roles on PostgreSQL $version', ({ version, bin }) => {
  let server: TestPostgres;

  beforeAll(async () => {
    server = await startPostgres(bin === undefined ? {} : { bin });
  });
  afterAll(async () => {
    await server.stop();
  });

  test('apply does what plan said, and a second apply has nothing to do', async () => {
    const sample = await makeManagedDatabase(server);
    const planned = await plan(sample);
    expect(planned.length).toBeGreaterThan(10);
    expect(await plan(sample)).toEqual(planned);
    expect(await apply(sample)).toEqual(planned);
    expect(await plan(sample)).toEqual([]);
    expect(await apply(sample)).toEqual([]);
    await sample.close();
  });

  test('tables of which the manager can grant none are named by plan and apply, with what mends it', async () => {
    const sample = await makeManagedDatabase(server);
    const { owner, superuser, database } = sample;
    const manager = database.manager?.login;
    await superuser.query(`GRANT CONNECT ON DATABASE ${database.name} TO ${manager} WITH GRANT OPTION`);
    await superuser.query(`REVOKE ${owner} FROM ${manager}`);
    const [left, ...more] = (await plan(sample)).filter(({ byHand }) => byHand);
    expect(left?.because).toBe(
      `the manager account can grant nothing on any table (owner: ${owner}), so managed roles read none`,
    );
    expect(more).toEqual([]);
    expect((await apply(sample)).filter(({ byHand }) => byHand)).toEqual([left]);
    const found = await postgresRoleManager.examine(database, sample.managerPassword);
    expect(found.map(({ code }) => code)).toContain('tables_out_of_reach');

    await superuser.query(String(left?.sql));
    expect((await apply(sample)).filter(({ byHand }) => byHand)).toEqual([]);
    const readonly = await sample.connectAs('readonly');
    expect((await readonly.query('SELECT * FROM users')).rowCount).toBe(3);
    await readonly.end();

    await superuser.query(`REVOKE ${owner} FROM ${manager}; ALTER TABLE users OWNER TO CURRENT_USER`);
    await superuser.query('DROP SCHEMA sales CASCADE');
    const ofSuperuser = (await plan(sample)).find(({ byHand }) => byHand);
    await superuser.query(String(ofSuperuser?.sql));
    expect((await plan(sample)).filter(({ byHand }) => byHand)).toEqual([]);
    await sample.close();
  });

  test('two that apply at the same moment do the work once', async () => {
    const sample = await makeManagedDatabase(server);
    const planned = await plan(sample);
    const both = await Promise.all([apply(sample), apply(sample)]);
    expect(both.map(({ length }) => length).sort((a, b) => a - b)).toEqual([0, planned.length]);
    await sample.close();
  });

  test('each template gives its rights and no more, also on tables that are made later', async () => {
    const sample = await makeManagedDatabase(server);
    await apply(sample);
    await sample.superuser.query(`SET ROLE ${sample.owner}`);
    await sample.superuser.query(
      `CREATE TABLE public.later (id int GENERATED ALWAYS AS IDENTITY, name text)`,
    );
    const clients = new Map<string, pg.Client>();
    for (const name of ['readonly', 'readwrite', 'admin']) clients.set(name, await sample.connectAs(name));
    const attempts: readonly [role: string, sql: string, allowed: boolean][] = [
      ['readonly', `SELECT * FROM users`, true],
      ['readonly', `SELECT * FROM sales."Odd Orders"`, true],
      ['readonly', `SELECT * FROM later`, true],
      ['readonly', `INSERT INTO users (name) VALUES ('x')`, false],
      ['readonly', `INSERT INTO later (name) VALUES ('x')`, false],
      ['readonly', `UPDATE users SET name = 'x'`, false],
      ['readonly', `SELECT nextval('sales."Odd Orders_id_seq"')`, false],
      ['readonly', `CREATE TABLE mine (id int)`, false],
      ['readwrite', `INSERT INTO users (name) VALUES ('x')`, true],
      ['readwrite', `INSERT INTO sales."Odd Orders" (note) VALUES ('x')`, true],
      ['readwrite', `DELETE FROM later`, true],
      ['readwrite', `TRUNCATE users`, false],
      ['readwrite', `DROP TABLE users`, false],
      ['readwrite', `CREATE TABLE mine (id int)`, false],
      ['admin', `CREATE TABLE made_by_admin (id int GENERATED ALWAYS AS IDENTITY, name text)`, true],
      ['admin', `CREATE ROLE stranger`, false],
      ['admin', `DROP TABLE users`, false],
      ['admin', `COPY users TO PROGRAM 'cat'`, false],
      ['admin', `COPY users TO '/tmp/users'`, false],
      ['admin', `SELECT pg_read_file('/etc/passwd')`, false],
      ['readwrite', `INSERT INTO made_by_admin (name) VALUES ('x')`, true],
      ['readonly', `SELECT * FROM made_by_admin`, true],
      ['readonly', `INSERT INTO made_by_admin (name) VALUES ('x')`, false],
    ];
    for (const [who, sql, allowed] of attempts) {
      const outcome = await clients
        .get(who)
        ?.query(sql)
        .then(() => 'done')
        .catch((cause: pg.DatabaseError) => cause.code);
      expect([who, sql, outcome]).toEqual([who, sql, allowed ? 'done' : '42501']);
    }
    expect(await plan(sample)).toEqual([]);
    for (const client of clients.values()) await client.end();
    await sample.close();
  });

  test('a schema that an admin makes is drift until the next apply gives the others their rights in it', async () => {
    const sample = await makeManagedDatabase(server);
    await apply(sample);
    const admin = await sample.connectAs('admin');
    await admin.query(`CREATE SCHEMA more; CREATE TABLE more.things (id int)`);
    const drift = await plan(sample);
    expect(drift.map(({ sql }) => sql)).toContain(
      `GRANT USAGE ON SCHEMA more TO "grantway_${sample.database.name}_read"`,
    );
    await apply(sample);
    expect(await plan(sample)).toEqual([]);
    const reader = await sample.connectAs('readonly');
    expect((await reader.query(`SELECT * FROM more.things`)).rows).toEqual([]);
    await reader.end();
    await admin.end();
    await sample.close();
  });

  test('every kind of drift is named with the statement that repairs it, and apply repairs it', async () => {
    const sample = await makeManagedDatabase(server);
    await apply(sample);
    const { name, pool } = sample.database;
    const reader = `${name}_readonly`;
    const group = `grantway_${name}_read`;
    // One more than the pool: a rotation tries the new password while all of it is in use.
    const most = pool.size + 1;
    // What a superuser did is the superuser's to undo; these are done by accounts that the manager may correct.
    const asOwner = (sql: string) => `SET ROLE ${sample.owner}; ${sql}; RESET ROLE`;
    const drifts: readonly [cause: string, because: RegExp, repair: RegExp][] = [
      [`ALTER ROLE ${reader} CREATEROLE`, /readonly has CREATEROLE$/, /NOCREATEROLE$/],
      [`ALTER ROLE ${reader} NOLOGIN`, /cannot log in$/, / LOGIN$/],
      [`ALTER ROLE ${reader} NOINHERIT`, /does not inherit/, / INHERIT$/],
      [`ALTER ROLE ${reader} VALID UNTIL '2001-01-01'`, /password that expires$/, /VALID UNTIL 'infinity'$/],
      [
        `ALTER ROLE ${reader} CONNECTION LIMIT 1000`,
        new RegExp(`may open 1000 connections instead of ${most}$`),
        new RegExp(`LIMIT ${most}$`),
      ],
      [`ALTER ROLE ${group} LOGIN`, /can log in$/, /NOLOGIN$/],
      [
        `ALTER ROLE ${reader} SET search_path = evil`,
        /setting of its own: search_path$/,
        / RESET "search_path"$/,
      ],
      [
        `ALTER ROLE ${reader} IN DATABASE ${name} SET role = 'none'`,
        /setting of its own: role$/,
        /IN DATABASE "\w+" RESET "role"$/,
      ],
      [asOwner(`GRANT INSERT ON users TO ${group}`), /holds INSERT on public.users$/, /^REVOKE INSERT/],
      [
        asOwner(`GRANT DELETE ON users TO ${reader}`),
        /readonly holds DELETE on public.users$/,
        /^REVOKE DELETE/,
      ],
      [asOwner(`REVOKE SELECT ON users FROM ${group}`), /lacks SELECT on public.users$/, /^GRANT SELECT/],
      [
        asOwner(`GRANT CREATE ON SCHEMA sales TO ${group}`),
        /holds CREATE on schema sales$/,
        /^REVOKE CREATE/,
      ],
      [asOwner(`REVOKE USAGE ON SCHEMA sales FROM ${group}`), /lacks USAGE on schema sales$/, /^GRANT USAGE/],
      [
        asOwner(`REVOKE CONNECT ON DATABASE ${name} FROM ${group}`),
        /lacks CONNECT on database/,
        /^GRANT CONNECT ON DATABASE/,
      ],
      [
        asOwner(`ALTER DEFAULT PRIVILEGES IN SCHEMA sales REVOKE SELECT ON TABLES FROM ${group}`),
        /would lack SELECT on each new table that \w+_owner makes in sales$/,
        /GRANT SELECT ON TABLES/,
      ],
      [
        asOwner(`ALTER DEFAULT PRIVILEGES GRANT UPDATE ON TABLES TO ${group}`),
        /would get UPDATE on each new table that \w+_owner makes$/,
        /REVOKE UPDATE ON TABLES/,
      ],
      [
        asOwner(`GRANT UPDATE (name) ON users TO ${reader}`),
        /readonly holds UPDATE on the column public.users.name$/,
        /^REVOKE UPDATE \(name\) ON TABLE public.users /,
      ],
      [
        asOwner(`GRANT SELECT ON users TO ${group} WITH GRANT OPTION`),
        /can pass on SELECT on public.users$/,
        /^REVOKE GRANT OPTION FOR SELECT ON TABLE public.users /,
      ],
      [
        asOwner(`GRANT SELECT (name) ON users TO ${group} WITH GRANT OPTION`),
        /can pass on SELECT on the column public.users.name$/,
        /^REVOKE GRANT OPTION FOR SELECT \(name\) ON TABLE public.users /,
      ],
      [
        asOwner(
          `ALTER DEFAULT PRIVILEGES IN SCHEMA sales GRANT SELECT ON TABLES TO ${group} WITH GRANT OPTION`,
        ),
        /could pass on SELECT on each new table that \w+_owner makes in sales$/,
        /REVOKE GRANT OPTION FOR SELECT ON TABLES/,
      ],
    ];
    for (const [cause, because, repair] of drifts) {
      await sample.superuser.query(cause);
      const drift = await plan(sample);
      expect(drift, cause).toEqual([
        { sql: expect.stringMatching(repair), because: expect.stringMatching(because) },
      ]);
      await apply(sample);
      expect(await plan(sample), cause).toEqual([]);
    }
    await sample.close();
  });

  test('what two people passed on to each other is taken back with what it came from', async () => {
    const sample = await makeManagedDatabase(server);
    await apply(sample);
    const [reader, writer] = [sample.role('readonly').login, sample.role('readwrite').login];
    const admin = await sample.connectAs('admin');
    await admin.query(
      `CREATE TABLE public.made (id int); GRANT DELETE ON made TO ${reader} WITH GRANT OPTION`,
    );
    const client = await sample.connectAs('readonly');
    await client.query(`GRANT DELETE ON public.made TO ${writer}`);
    await sample.superuser.query(
      `SET ROLE ${sample.database.manager?.login}; GRANT grantway_${sample.database.name}_read TO ${reader} WITH ADMIN OPTION;
       RESET ROLE; CREATE ROLE ${reader}_friend`,
    );
    await client.query(`GRANT grantway_${sample.database.name}_read TO ${reader}_friend`);
    await apply(sample);
    expect(await plan(sample)).toEqual([]);
    await expect(client.query('DELETE FROM public.made')).rejects.toMatchObject({ code: '42501' });
    await client.end();
    await admin.end();
    await sample.close();
  });

  test('what a managed role holds on anything else is shown, with what takes it back, and left to an administrator', async () => {
    const sample = await makeManagedDatabase(server);
    await apply(sample);
    const { superuser, database } = sample;
    const { login } = sample.role('readonly');
    const group = `grantway_${database.name}_read`;
    for (const sql of [
      `CREATE FUNCTION sales.f(int) RETURNS int LANGUAGE sql RETURN 1`,
      `GRANT EXECUTE ON FUNCTION sales.f TO ${login}`,
      `GRANT SELECT ON pg_catalog.pg_authid TO ${group}`,
      `GRANT SELECT (rolpassword) ON pg_catalog.pg_authid TO ${login}`,
      `GRANT CONNECT ON DATABASE template1 TO ${login}`,
      `GRANT SET ON PARAMETER log_statement TO ${login}`,
    ])
      await superuser.query(sql);
    const shown = await plan(sample);
    expect(shown.map(({ sql, byHand }) => [sql, byHand])).toEqual([
      [`REVOKE ALL ON TABLE pg_catalog.pg_authid FROM "${group}"`, true],
      [`REVOKE ALL ON DATABASE template1 FROM "${login}"`, true],
      [`REVOKE ALL ON PARAMETER log_statement FROM "${login}"`, true],
      [`REVOKE ALL ON ROUTINE sales.f(integer) FROM "${login}"`, true],
      [`REVOKE ALL ON TABLE pg_catalog.pg_authid FROM "${login}"`, true],
    ]);
    expect(await apply(sample)).toEqual(shown);
    for (const { sql } of shown) await superuser.query(sql);
    expect(await plan(sample)).toEqual([]);
    await sample.close();
  });

  test('a person who holds the lock of an apply keeps nobody from one', async () => {
    const sample = await makeManagedDatabase(server);
    await apply(sample);
    const reader = await sample.connectAs('readonly');
    await reader.query(`SELECT pg_advisory_lock(hashtextextended('grantway roles apply', 0))`);
    await sample.superuser.query(`ALTER ROLE ${sample.role('readonly').login} NOINHERIT`);
    expect(await apply(sample)).toHaveLength(1);
    await reader.end();
    await sample.close();
  });

  test('C04 a login that changed its own defaults and password is brought back by apply and a rotation', async () => {
    const sample = await makeManagedDatabase(server);
    await apply(sample);
    const { database, managerPassword } = sample;
    const role = sample.role('readonly');
    const reader = await sample.connectAs('readonly');
    await reader.query(`ALTER ROLE CURRENT_USER SET search_path = 'evil'`);
    await reader.query(`ALTER ROLE CURRENT_USER PASSWORD 'mine now'`);
    await expect(reader.query(`ALTER ROLE CURRENT_USER VALID UNTIL 'infinity'`)).rejects.toMatchObject({
      code: '42501',
    });
    await reader.end();
    expect(await postgresRoleManager.accepts(database, role, new Secret('mine now'))).toBe(true);
    expect(await plan(sample)).toHaveLength(1);
    await apply(sample);
    await postgresRoleManager.setPassword(database, managerPassword, role, new Secret('ours again'));
    expect(await postgresRoleManager.accepts(database, role, new Secret('mine now'))).toBe(false);
    const again = await sample.connectAs('readonly');
    expect((await again.query(`SHOW search_path`)).rows[0].search_path).toContain('public');
    await again.end();
    await sample.close();
  });

  test('C04 every default that a login can make for itself is taken back, but what only a superuser can reset', async () => {
    const sample = await makeManagedDatabase(server);
    await apply(sample);
    const { database, managerPassword, superuser } = sample;
    const { login } = sample.role('readonly');
    const reader = await sample.connectAs('readonly');
    const { rows } = await reader.query<{ name: string; setting: string }>(
      `SELECT name, setting FROM pg_settings WHERE context = 'user' AND name <> 'transaction_deferrable'
        UNION ALL VALUES ('role', 'none'), ('session_authorization', current_user), ('seed', '0.5')`,
    );
    for (const { name, setting } of rows)
      await reader.query(`ALTER ROLE CURRENT_USER SET "${name}" = '${setting}'`);
    await reader.end();

    const announced: PlannedStatement[] = [];
    const takeBack = async () =>
      await postgresRoleManager.ownChanges?.takeBackSettings(
        database,
        managerPassword,
        async (statements) => {
          announced.push(...statements);
        },
      );
    expect(await takeBack()).toEqual(announced);
    const left = await superuser.query<{ name: string }>(
      `SELECT split_part(unnest(setconfig), '=', 1) AS name FROM pg_db_role_setting
        WHERE setrole = $1::regrole ORDER BY 1`,
      [login],
    );
    const forSuperusers = ['seed', 'transaction_isolation', 'transaction_read_only'];
    expect(left.rows.map(({ name }) => name)).toEqual(Number(version) >= 16 ? forSuperusers : []);
    expect(announced).toHaveLength(rows.length - left.rows.length);
    expect(await takeBack()).toEqual([]);
    expect(announced).toHaveLength(rows.length - left.rows.length);
    await sample.close();
  });

  test('C04 a setting that the manager cannot take back is left to an administrator, and keeps apply from nothing', async () => {
    const sample = await makeManagedDatabase(server);
    await apply(sample);
    const { database, superuser } = sample;
    const { login } = sample.role('readonly');
    const reader = await sample.connectAs('readonly');
    await reader.query(`DO 'BEGIN END'`);
    for (const setting of [
      `plpgsql.extra_errors = 'all'`,
      `seed = '0.5'`,
      `transaction_isolation = 'read committed'`,
      `work_mem = '1MB'`,
    ])
      await reader.query(`ALTER ROLE CURRENT_USER SET ${setting}`);
    await reader.end();
    await superuser.query(`ALTER ROLE "${login}" IN DATABASE ${database.name} SET log_statement = 'all'`);
    await superuser.query(`ALTER ROLE "${login}" NOLOGIN`);

    const reset = (setting: string, where = '') => `ALTER ROLE "${login}" ${where}RESET ${setting}`;
    const sinceSixteenForSuperusers = [reset('"seed"'), reset('"transaction_isolation"')];
    const isSixteen = Number(version) >= 16;
    const ours = [
      `ALTER ROLE "${login}" LOGIN`,
      ...(isSixteen ? [] : sinceSixteenForSuperusers),
      reset('"work_mem"'),
    ];
    const theirs = [reset('ALL'), reset('ALL', `IN DATABASE "${database.name}" `)];
    const named = isSixteen
      ? /: plpgsql.extra_errors, seed, transaction_isolation$/
      : /: plpgsql.extra_errors$/;
    expect((await plan(sample)).find(({ byHand }) => byHand)?.because).toMatch(named);
    const split = (statements: readonly PlannedStatement[]) => ({
      ours: statements.filter(({ byHand }) => byHand !== true).map(({ sql }) => sql),
      theirs: statements.filter(({ byHand }) => byHand === true).map(({ sql }) => sql),
    });
    expect(split(await plan(sample))).toEqual({ ours, theirs });
    expect(split(await apply(sample))).toEqual({ ours, theirs });
    expect(split(await apply(sample))).toEqual({ ours: [], theirs });
    for (const sql of theirs) await superuser.query(sql);
    expect(await plan(sample)).toEqual([]);
    await sample.close();
  });

  test('memberships that reach further are planned away, whoever granted them', async () => {
    const sample = await makeManagedDatabase(server);
    await apply(sample);
    const { name } = sample.database;
    const reader = `${name}_readonly`;
    await sample.superuser.query(`GRANT pg_execute_server_program TO ${reader}`);
    await sample.superuser.query(`GRANT ${sample.owner} TO grantway_${name}_read`);
    const drift = await plan(sample);
    expect(drift.map(({ because }) => because)).toEqual([
      expect.stringMatching(/_read is a member .* of \w+_owner, granted by postgres$/),
      expect.stringMatching(/_readonly is a member .* of pg_execute_server_program, granted by postgres$/),
    ]);
    if (Number(version) >= 16) {
      // The manager may not undo a superuser's grant: nothing is changed, and the sentence says who can.
      await expect(apply(sample)).rejects.toThrow(/permission denied|administrator/);
      expect(await plan(sample)).toEqual(drift);
      for (const { sql } of drift) await sample.superuser.query(sql);
    } else {
      await apply(sample);
    }
    expect(await plan(sample)).toEqual([]);
    await sample.close();
  });

  test('a login cannot switch to its group or to another login', async () => {
    const sample = await makeManagedDatabase(server);
    await apply(sample);
    const { name } = sample.database;
    const reader = await sample.connectAs('readonly');
    const others = [`${name}_admin`, `${name}_manager`, sample.owner, `grantway_${name}_write`, 'postgres'];
    // Before 16 a member can always take its own group's name, which holds exactly the rights that it has anyway.
    if (Number(version) >= 16) others.push(`grantway_${name}_read`);
    for (const other of others) {
      await expect(reader.query(`SET ROLE ${other}`), other).rejects.toMatchObject({ code: '42501' });
    }
    await reader.end();
    await sample.close();
  });

  test('the operator’s own statements run once, again when they change, and nothing else is granted', async () => {
    const statements = (...list: string[]): ManagedGrants => ({ kind: 'statements', statements: list });
    const sample = await makeManagedDatabase(server, {
      support: statements(
        'GRANT USAGE ON SCHEMA public TO {login}',
        'GRANT SELECT (name) ON public.users TO {login}',
      ),
    });
    const { name } = sample.database;
    await sample.superuser.query(`GRANT CONNECT ON DATABASE ${name} TO PUBLIC`);
    await apply(sample);
    expect(await plan(sample)).toEqual([]);
    const support = await sample.connectAs('support');
    expect((await support.query(`SELECT name FROM public.users`)).rows).toHaveLength(3);
    await expect(support.query(`SELECT id FROM public.users`)).rejects.toMatchObject({ code: '42501' });
    await support.end();

    const changed: ManagedDatabase = {
      ...sample,
      database: {
        ...sample.database,
        roles: sample.database.roles.map((role) => ({
          ...role,
          grants: statements('GRANT SELECT ON public.users TO {login}'),
        })),
      },
    };
    expect((await apply(changed)).map(({ sql }) => sql)).toEqual([
      `GRANT SELECT ON public.users TO "${name}_support"`,
      expect.stringMatching(/^COMMENT ON ROLE/),
    ]);
    expect(await plan(changed)).toEqual([]);
    await sample.close();
  });

  test('a password is set as a SCRAM verifier, accepted, and never seen in the server’s log', async () => {
    const sample = await makeManagedDatabase(server);
    await apply(sample);
    await sample.superuser.query(`ALTER DATABASE ${sample.database.name} SET log_statement = 'all'`);
    const role = sample.role('readonly');
    const password = new Secret('CANARY-of-the-rotation');
    await postgresRoleManager.setPassword(sample.database, sample.managerPassword, role, password);
    expect(await postgresRoleManager.accepts(sample.database, role, password)).toBe(true);
    expect(await postgresRoleManager.accepts(sample.database, role, new Secret('another'))).toBe(false);
    expect(await postgresRoleManager.accepts(sample.database, sample.role('admin'), password)).toBe(false);
    expect(server.log()).toContain("PASSWORD 'SCRAM-SHA-256$4096:");
    expect(server.log()).not.toContain('CANARY');
    await sample.close();
  });

  test('a failure half-way leaves nothing behind', async () => {
    const sample = await makeManagedDatabase(server, {
      readonly: { kind: 'template', template: 'read' },
      broken: { kind: 'statements', statements: ['GRANT SELECT ON public.nowhere TO {login}'] },
    });
    await expect(apply(sample)).rejects.toThrow(/public.nowhere.*GRANT SELECT ON public.nowhere/);
    const { rows } = await sample.superuser.query(
      `SELECT rolname FROM pg_roles WHERE rolname IN ('${sample.database.name}_readonly', 'grantway_${sample.database.name}_read')`,
    );
    expect(rows).toEqual([]);
    await sample.close();
  });

  test('a manager that is missing, wrong, unreachable or a superuser is refused in one sentence', async () => {
    const sample = await makeManagedDatabase(server);
    const { database, managerPassword } = sample;
    const { manager: _, ...without } = database;
    const superuser = new URL(server.superuserUrl());
    const cases: readonly [Database, Secret, RegExp][] = [
      [without, managerPassword, /has no manager account/],
      [database, new Secret('wrong'), /cannot connect to .*password authentication failed/],
      [{ ...database, port: 1 }, managerPassword, /cannot connect to .*ECONNREFUSED/],
      [{ ...database, tls: 'verify-full' }, managerPassword, /does not support SSL/],
      [
        { ...database, manager: { login: superuser.username, password: 'env:UNUSED' } },
        new Secret(superuser.password),
        /is a superuser/,
      ],
    ];
    for (const [changed, password, sentence] of cases) {
      const refused = postgresRoleManager.apply(changed, password);
      await expect(refused).rejects.toBeInstanceOf(Refusal);
      await expect(refused).rejects.toThrow(sentence);
    }
    await sample.close();
  });
});

describe('names and statements of the configuration', () => {
  let server: TestPostgres;
  beforeAll(async () => {
    server = await startPostgres();
  });
  afterAll(async () => {
    await server.stop();
  });

  test('C15 a name that PostgreSQL would read differently is refused, and a strange one is quoted', async () => {
    const sample = await makeManagedDatabase(server);
    const withLogin = (login: string): Database => ({
      ...sample.database,
      roles: [{ ...sample.role('readonly'), login }],
    });
    const bad = [
      '',
      'x'.repeat(64),
      'ü'.repeat(32),
      'pg_read_all_data',
      'PG_monitor',
      'public',
      'a\0b',
      'a\nb',
      'none',
    ];
    for (const login of bad) {
      await expect(postgresRoleManager.plan(withLogin(login), sample.managerPassword), login).rejects.toThrow(
        /^The role name/,
      );
    }
    const strange = `x"; DROP ROLE "${sample.owner}"; --${process.pid}`;
    const odd = { ...sample, database: withLogin(strange) };
    await apply(odd);
    expect(await plan(odd)).toEqual([]);
    const { rows } = await sample.superuser.query(`SELECT rolname FROM pg_roles WHERE rolname = any ($1)`, [
      [strange, sample.owner],
    ]);
    expect(rows).toHaveLength(2);
    await sample.close();
  });

  test('a statement that is not one plain grant for the login is refused', async () => {
    const sample = await makeManagedDatabase(server);
    const bad = [
      'SELECT 1',
      'GRANT SELECT ON users TO public',
      'GRANT SELECT ON users TO {login}; DROP TABLE users',
      'GRANT SELECT ON users TO {login} -- and more',
      'GRANT /* */ SELECT ON users TO {login}',
      'GRANT pg_execute_server_program TO {login}',
      'GRANT U&"pg\\005fexecute_server_program" TO {login}',
      'ALTER ROLE {login} SUPERUSER',
      'DO $$ begin end $$ {login}',
    ];
    for (const statement of bad) {
      const database: Database = {
        ...sample.database,
        roles: [{ ...sample.role('readonly'), grants: { kind: 'statements', statements: [statement] } }],
      };
      await expect(postgresRoleManager.plan(database, sample.managerPassword), statement).rejects.toThrow(
        /^The statement/,
      );
    }
    await sample.close();
  });

  test('C08 a function of a user cannot stand in for the catalog’s in the manager’s queries', async () => {
    const sample = await makeManagedDatabase(server);
    await apply(sample);
    const admin = await sample.connectAs('admin');
    await admin.query(`
      CREATE FUNCTION public.quote_ident(name) RETURNS text LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''ran''; END';
      CREATE FUNCTION public.aclexplode(aclitem[]) RETURNS text LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''ran''; END';
      CREATE VIEW public.pg_roles AS SELECT 1 AS nothing`);
    await admin.end();
    await sample.superuser.query(
      `ALTER ROLE ${sample.database.manager?.login} SET search_path = public, pg_catalog`,
    );
    expect(await plan(sample)).toEqual([]);
    await sample.close();
  });
});
