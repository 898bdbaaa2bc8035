import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startPostgres, type TestPostgres } from '../../../../../../tests/support/postgres.ts';
import { type Database, type ManagedGrants, type Role, Secret } from '../../../core/index.ts';
import { managerSetupStatements, postgresRoleManager, scramVerifier } from './index.ts';

const managerPassword = new Secret('manager-secret');
let server: TestPostgres;
let admin: pg.Client;
let version: number;

beforeAll(async () => {
  server = await startPostgres();
  admin = await server.adminClient();
  const { rows } = await admin.query(`select current_setting('server_version_num')::int as version`);
  version = rows[0].version;
});

afterAll(async () => {
  await admin.end();
  await server.stop();
});

let counter = 0;

/** A fresh database with two tables of an owner, and a manager account for it. Roles are named after the database. */
async function sampleDatabase(
  grants: Record<string, ManagedGrants> = {
    admin: { kind: 'template', template: 'admin' },
    readwrite: { kind: 'template', template: 'write' },
    readonly: { kind: 'template', template: 'read' },
  },
): Promise<Sample> {
  const name = `shop${++counter}`;
  await admin.query(`CREATE ROLE ${name}_owner`);
  await admin.query(`CREATE DATABASE ${name} OWNER ${name}_owner`);
  await admin.query(`REVOKE ALL ON DATABASE ${name} FROM PUBLIC`);
  const setup = managerSetupStatements({
    manager: `${name}_manager`,
    owner: `${name}_owner`,
    password: await scramVerifier(managerPassword),
    serverVersion: version,
  });
  for (const statement of setup) await admin.query(statement);
  const owner = await server.adminClient(name);
  await owner.query(`SET ROLE ${name}_owner`);
  await owner.query(`CREATE SCHEMA sales`);
  await owner.query(`CREATE TABLE users (id int GENERATED ALWAYS AS IDENTITY, name text)`);
  await owner.query(`CREATE TABLE sales."Odd Orders" (id serial, note text)`);
  await owner.query(`INSERT INTO users (name) VALUES ('Ada')`);
  await owner.query('RESET ROLE');

  const roles = Object.entries(grants).map(
    ([role, given]): Role => ({
      name: role,
      login: `${name}_${role}`,
      grants: given,
      allow: { kind: 'everyone' },
      maxSessionMs: 60_000,
    }),
  );
  const database: Database = {
    name,
    engine: 'postgres',
    host: server.host,
    port: server.port,
    upstreamName: name,
    tls: 'off',
    manager: { login: `${name}_manager`, password: 'env:UNUSED' },
    pool: { mode: 'session', size: 4 },
    shareAcrossPeople: false,
    audit: 'standard',
    auditParameters: false,
    roles,
  };
  return { name, database, owner };
}

interface Sample {
  readonly name: string;
  readonly database: Database;
  /** The superuser, connected to the sample database. */
  readonly owner: pg.Client;
}

function role(database: Database, name: string): Role {
  const found = database.roles.find((one) => one.name === name);
  if (found === undefined) throw new Error(`no role ${name}`);
  return found;
}

/** Gives the role a password and connects as its login. */
async function connectAs(database: Database, name: string): Promise<pg.Client> {
  const password = new Secret(`secret-of-${name}`);
  await postgresRoleManager.setPassword(database, managerPassword, role(database, name), password);
  const client = new pg.Client({
    host: database.host,
    port: database.port,
    database: database.upstreamName,
    user: role(database, name).login,
    password: password.reveal(),
  });
  await client.connect();
  return client;
}

const plan = async (database: Database) => await postgresRoleManager.plan(database, managerPassword);
const apply = async (database: Database) => await postgresRoleManager.apply(database, managerPassword);

describe('managed roles on PostgreSQL', () => {
  test('apply does what plan said, and a second apply has nothing to do', async () => {
    const { database, owner } = await sampleDatabase();
    const planned = await plan(database);
    expect(planned.length).toBeGreaterThan(10);
    expect(await plan(database)).toEqual(planned);
    expect(await apply(database)).toEqual(planned);
    expect(await plan(database)).toEqual([]);
    expect(await apply(database)).toEqual([]);
    await owner.end();
  });

  test('each template gives its rights and no more, also on tables that are made later', async () => {
    const { database, owner, name } = await sampleDatabase();
    await apply(database);
    await owner.query(`SET ROLE ${name}_owner`);
    await owner.query(`CREATE TABLE later (id int GENERATED ALWAYS AS IDENTITY, name text)`);
    await owner.end();

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
      ['admin', `CREATE SCHEMA more`, true],
      ['admin', `CREATE ROLE stranger`, false],
      ['admin', `DROP TABLE users`, false],
      ['admin', `COPY users TO PROGRAM 'cat'`, false],
      ['readwrite', `INSERT INTO made_by_admin (name) VALUES ('x')`, true],
      ['readonly', `SELECT * FROM made_by_admin`, true],
      ['readonly', `INSERT INTO made_by_admin (name) VALUES ('x')`, false],
    ];
    for (const [who, sql, allowed] of attempts) {
      const client = await connectAs(database, who);
      const code = await client.query(sql).then(
        () => 'done',
        (cause: pg.DatabaseError) => cause.code,
      );
      await client.end();
      expect([who, sql, code]).toEqual([who, sql, allowed ? 'done' : '42501']);
    }
    expect(
      await plan(database).then((left) =>
        left.map(({ because }) => because).filter((b) => !b.includes('more')),
      ),
    ).toEqual([]);
  });
});
