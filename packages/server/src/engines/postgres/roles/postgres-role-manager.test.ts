import type pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  applyTo,
  makeManagedDatabase,
  managedVersions,
  planOf,
} from '../../../../../../tests/support/managed-database.ts';
import { startPostgres, type TestPostgres } from '../../../../../../tests/support/postgres.ts';
import { type Database, Refusal, Secret } from '../../../core/index.ts';
import { postgresRoleManager } from './index.ts';

describe.for(managedVersions)('managed roles on PostgreSQL $version', ({ version, bin }) => {
  let server: TestPostgres;

  beforeAll(async () => {
    server = await startPostgres(bin === undefined ? {} : { bin });
  });
  afterAll(async () => {
    await server.stop();
  });

  test('apply does what plan said, and a second apply has nothing to do', async () => {
    const sample = await makeManagedDatabase(server);
    const planned = await planOf(sample);
    expect(planned.length).toBeGreaterThan(10);
    expect(await planOf(sample)).toEqual(planned);
    expect(await applyTo(sample)).toEqual(planned);
    expect(await planOf(sample)).toEqual([]);
    expect(await applyTo(sample)).toEqual([]);
    await sample.close();
  });

  test('tables of which the manager can grant none are named by plan and apply, with what mends it', async () => {
    const sample = await makeManagedDatabase(server);
    const { owner, superuser, database } = sample;
    const manager = database.manager?.login;
    await superuser.query(`GRANT CONNECT ON DATABASE ${database.name} TO ${manager} WITH GRANT OPTION`);
    await superuser.query(`REVOKE ${owner} FROM ${manager}`);
    const [left, ...more] = (await planOf(sample)).filter(({ byHand }) => byHand);
    expect(left?.because).toBe(
      `the manager account can grant nothing on any table (owner: ${owner}), so managed roles read none`,
    );
    expect(more).toEqual([]);
    expect((await applyTo(sample)).filter(({ byHand }) => byHand)).toEqual([left]);
    const found = await postgresRoleManager.examine(database, sample.managerPassword);
    expect(found.map(({ code }) => code)).toContain('tables_out_of_reach');

    await superuser.query(String(left?.sql));
    expect((await applyTo(sample)).filter(({ byHand }) => byHand)).toEqual([]);
    const readonly = await sample.connectAs('readonly');
    expect((await readonly.query('SELECT * FROM users')).rowCount).toBe(3);
    await readonly.end();

    await superuser.query(`REVOKE ${owner} FROM ${manager}; ALTER TABLE users OWNER TO CURRENT_USER`);
    await superuser.query('DROP SCHEMA sales CASCADE');
    const ofSuperuser = (await planOf(sample)).find(({ byHand }) => byHand);
    await superuser.query(String(ofSuperuser?.sql));
    expect((await planOf(sample)).filter(({ byHand }) => byHand)).toEqual([]);
    await sample.close();
  });

  test('two that apply at the same moment do the work once', async () => {
    const sample = await makeManagedDatabase(server);
    const planned = await planOf(sample);
    const both = await Promise.all([applyTo(sample), applyTo(sample)]);
    expect(both.map(({ length }) => length).sort((a, b) => a - b)).toEqual([0, planned.length]);
    await sample.close();
  });

  test('each template gives its rights and no more, also on tables that are made later', async () => {
    const sample = await makeManagedDatabase(server);
    await applyTo(sample);
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
    expect(await planOf(sample)).toEqual([]);
    for (const client of clients.values()) await client.end();
    await sample.close();
  });

  test('a schema that an admin makes is drift until the next apply gives the others their rights in it', async () => {
    const sample = await makeManagedDatabase(server);
    await applyTo(sample);
    const admin = await sample.connectAs('admin');
    await admin.query(`CREATE SCHEMA more; CREATE TABLE more.things (id int)`);
    const drift = await planOf(sample);
    expect(drift.map(({ sql }) => sql)).toContain(
      `GRANT USAGE ON SCHEMA more TO "grantway_${sample.database.name}_read"`,
    );
    await applyTo(sample);
    expect(await planOf(sample)).toEqual([]);
    const reader = await sample.connectAs('readonly');
    expect((await reader.query(`SELECT * FROM more.things`)).rows).toEqual([]);
    await reader.end();
    await admin.end();
    await sample.close();
  });
  test('a person who holds the lock of an apply keeps nobody from one', async () => {
    const sample = await makeManagedDatabase(server);
    await applyTo(sample);
    const reader = await sample.connectAs('readonly');
    await reader.query(`SELECT pg_advisory_lock(hashtextextended('grantway roles apply', 0))`);
    await sample.superuser.query(`ALTER ROLE ${sample.role('readonly').login} NOINHERIT`);
    expect(await applyTo(sample)).toHaveLength(1);
    await reader.end();
    await sample.close();
  });

  test('a login cannot switch to its group or to another login', async () => {
    const sample = await makeManagedDatabase(server);
    await applyTo(sample);
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

  test('a password is set as a SCRAM verifier, accepted, and never seen in the server’s log', async () => {
    const sample = await makeManagedDatabase(server);
    await applyTo(sample);
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
    await expect(applyTo(sample)).rejects.toThrow(/public.nowhere.*GRANT SELECT ON public.nowhere/);
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
