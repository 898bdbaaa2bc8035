import type pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { testDatabase } from '../../../../../../tests/support/engine-door.ts';
import { startRedshift, type TestRedshift } from '../../../../../../tests/support/redshift.ts';
import { type Database, type ManagedGrants, type Role, Secret } from '../../../core/index.ts';
import { refusalOf } from '../../../core/testing/index.ts';
import { redshiftRoleManager } from './index.ts';
import { planRoles } from './plan-roles.ts';
import type { ServerState, UserState } from './read-state.ts';
import { wantedRoles } from './wanted-roles.ts';

const managerPassword = new Secret('Manager1');
let redshift: TestRedshift;
let admin: pg.Client;

beforeAll(async () => {
  redshift = await startRedshift();
  admin = await redshift.server.adminClient();
  await admin.query(`
    CREATE ROLE gw_manager LOGIN CREATEROLE;
    CREATE ROLE boss LOGIN SUPERUSER;
    CREATE SCHEMA sales;
    CREATE TABLE sales.orders (id int);
    CREATE TABLE sales."Odd Orders" (id int);
    CREATE TABLE public.notes (id int);
    GRANT USAGE, CREATE ON SCHEMA sales, public TO gw_manager WITH GRANT OPTION;
    GRANT ALL ON sales.orders, sales."Odd Orders" TO gw_manager WITH GRANT OPTION;
    GRANT SELECT ON public.notes TO gw_manager WITH GRANT OPTION;
  `);
  for (const login of ['gw_manager', 'boss']) {
    redshift.accounts.set(login, {
      method: 'digest',
      secret: managerPassword.reveal(),
      postgresLogin: login,
    });
  }
});
afterAll(async () => {
  await admin.end();
  await redshift.stop();
});

let count = 0;

const plain: UserState = {
  superuser: false,
  createDb: false,
  isBuiltIn: false,
  passwordEnds: true,
  roles: [],
  groups: [],
};
/** A server that knows nobody. */
const nothing: ServerState = {
  manager: 'gw_manager',
  users: new Map(),
  roles: new Set(),
  groups: [],
  objects: [],
  held: [],
  creators: [],
  defaults: [],
  scoped: [],
};

/** A database entry with fresh logins; roles carry its name. */
function warehouse(grants: Readonly<Record<string, ManagedGrants>>, manager = 'gw_manager'): Database {
  count += 1;
  const name = `wh${count}`;
  const roles = Object.entries(grants).map(
    ([role, given]): Role => ({
      name: role,
      login: `${name}_${role}`,
      grants: given,
      allow: { kind: 'everyone' },
      maxSessionMs: 60_000,
    }),
  );
  const { host, port } = redshift;
  return {
    ...testDatabase({ host, port, engine: 'redshift', name, roles }, 'unused'),
    manager: { login: manager, password: 'env:UNUSED' },
  };
}

const template = (one: 'read' | 'write' | 'admin'): ManagedGrants => ({ kind: 'template', template: one });
const planOf = (database: Database) => redshiftRoleManager.plan(database, managerPassword);
/** What the manager account would do. */
const sql = async (database: Database) =>
  (await planOf(database)).filter(({ byHand }) => byHand !== true).map((statement) => statement.sql);
/** What it leaves to an administrator. */
const byHand = async (database: Database) =>
  (await planOf(database)).filter((statement) => statement.byHand === true).map((statement) => statement.sql);
const roleOf = (database: Database): Role => {
  const [role] = database.roles;
  if (role === undefined) throw new TypeError('a database has roles');
  return role;
};

describe('managed roles on Redshift', () => {
  test('are planned as roles, users and grants, in Redshift’s words', async () => {
    const database = warehouse({ readonly: template('read'), admin: template('admin') });
    const { name } = database;
    const statements = await sql(database);
    expect(statements).toEqual([
      `CREATE ROLE "grantway_${name}_read"`,
      `CREATE ROLE "grantway_${name}_admin"`,
      `CREATE USER "${name}_readonly" PASSWORD DISABLE`,
      `CREATE USER "${name}_admin" PASSWORD DISABLE`,
      `GRANT ROLE "grantway_${name}_read" TO "${name}_readonly"`,
      `GRANT ROLE "grantway_${name}_admin" TO "${name}_admin"`,
      `GRANT USAGE ON SCHEMA "public", "sales" TO ROLE "grantway_${name}_read"`,
      `GRANT SELECT ON TABLE "public"."notes", "sales"."Odd Orders", "sales"."orders" TO ROLE "grantway_${name}_read"`,
      `GRANT USAGE, CREATE ON SCHEMA "public", "sales" TO ROLE "grantway_${name}_admin"`,
      `GRANT SELECT ON TABLE "public"."notes" TO ROLE "grantway_${name}_admin"`,
      `GRANT SELECT, INSERT, UPDATE, DELETE, REFERENCES ON TABLE "sales"."Odd Orders", "sales"."orders" TO ROLE "grantway_${name}_admin"`,
    ]);
  });

  test('are the same after a plan that was not applied, and after one that was there is nothing left', async () => {
    const database = warehouse({ readwrite: template('write') });
    const first = await sql(database);
    expect(await sql(database)).toEqual(first);
    const applied = await redshiftRoleManager.apply(database, managerPassword);
    expect(applied.map((statement) => statement.sql)).toEqual(first);
    expect(await sql(database)).toEqual([]);
  });

  test('get a password that the server keeps as a hash, and takes', async () => {
    const database = warehouse({ readonly: template('read') });
    await redshiftRoleManager.apply(database, managerPassword);
    const role = roleOf(database);
    expect(await redshiftRoleManager.accepts(database, role, new Secret('anything'))).toBe(false);
    await redshiftRoleManager.setPassword(database, managerPassword, role, new Secret('a random one'));
    expect(await redshiftRoleManager.accepts(database, role, new Secret('a random one'))).toBe(true);
    expect(await redshiftRoleManager.accepts(database, role, new Secret('another one'))).toBe(false);
    expect(redshift.accounts.get(role.login)?.secret).toBe('');
    expect(redshift.server.log()).not.toContain('a random one');
  });

  test('lose again what somebody gave them besides', async () => {
    const database = warehouse({ readonly: template('read') });
    await redshiftRoleManager.apply(database, managerPassword);
    const { login } = roleOf(database);
    await admin.query(`
      CREATE ROLE other_${count};
      GRANT other_${count} TO ${login};
      GRANT other_${count} TO gw_manager WITH ADMIN OPTION;
      SET ROLE gw_manager;
      GRANT INSERT ON sales.orders TO ${login};
      GRANT DELETE ON sales.orders TO grantway_${database.name}_read;
      RESET ROLE;
    `);
    expect(await sql(database)).toEqual([
      `REVOKE ROLE "other_${count}" FROM "${login}"`,
      `REVOKE INSERT ON TABLE "sales"."orders" FROM "${login}"`,
      `REVOKE DELETE ON TABLE "sales"."orders" FROM ROLE "grantway_${database.name}_read"`,
    ]);
  });

  test('C18 are never superusers: such a login is refused, and not quietly changed', async () => {
    const database = warehouse({ readonly: template('read') });
    await admin.query(`CREATE ROLE ${roleOf(database).login} LOGIN SUPERUSER`);
    const refusal = await refusalOf(redshiftRoleManager.apply(database, managerPassword));
    expect(refusal.message).toMatch(/is a superuser of the database and can become anybody/);
  });

  test('C18 are not made by a superuser', async () => {
    const database = warehouse({ readonly: template('read') }, 'boss');
    expect((await refusalOf(redshiftRoleManager.plan(database, managerPassword))).message).toMatch(
      /manager account "boss" is a superuser/,
    );
  });

  test('keep nothing of a plan that cannot be carried out', async () => {
    const database = warehouse({ readonly: template('read') });
    await admin.query(`CREATE ROLE elsewhere_${count}; CREATE ROLE ${roleOf(database).login} LOGIN`);
    await admin.query(`GRANT elsewhere_${count} TO ${roleOf(database).login}`);
    expect((await refusalOf(redshiftRoleManager.apply(database, managerPassword))).code).toBe(
      'statement_failed',
    );
    const { rows } = await admin.query('SELECT 1 FROM pg_roles WHERE rolname = $1', [
      `grantway_${database.name}_read`,
    ]);
    expect(rows).toEqual([]);
  });

  test('are told to an administrator when they are in a group, which only a superuser can change', () => {
    const wanted = wantedRoles(warehouse({ readonly: template('read') }));
    const [one] = wanted;
    if (one === undefined) throw new TypeError('a role was wanted');
    const user = { ...plain, roles: [one.role], groups: ['old_readers'] };
    const found = { ...nothing, users: new Map([[one.login, user]]), roles: new Set([one.role]) };
    expect(planRoles(wanted, found)).toEqual([
      {
        sql: `ALTER GROUP "old_readers" DROP USER "${one.login}"`,
        because: `${one.login} is in the group old_readers`,
        byHand: true,
      },
    ]);
  });

  test('lose what reaches all tables of a schema and is not in their template', () => {
    const [one] = wantedRoles(warehouse({ readonly: template('read') }));
    if (one === undefined) throw new TypeError('a role was wanted');
    const user = { ...plain, roles: [one.role] };
    const scoped = (privilege: string) => ({
      schema: '"sales"',
      privilege,
      grantee: one.role,
      granteeKind: 'role',
    });
    const found = {
      ...nothing,
      users: new Map([[one.login, user]]),
      roles: new Set([one.role]),
      scoped: [scoped('SELECT'), scoped('DROP'), { ...scoped('DROP'), grantee: 'somebody' }],
    };
    expect(planRoles([one], found).map((statement) => statement.sql)).toEqual([
      `REVOKE DROP FOR TABLES IN SCHEMA "sales" FROM ROLE "${one.role}"`,
    ]);
  });

  const unfit: readonly [what: string, change: (database: Database) => Database, says: RegExp][] = [
    [
      'with a list of statements',
      (database) => ({
        ...database,
        roles: [{ ...roleOf(database), grants: { kind: 'statements', statements: ['GRANT x TO {login}'] } }],
      }),
      /write read, write or admin/,
    ],
    [
      'with capital letters, which Redshift folds',
      (database) => ({ ...database, roles: [{ ...roleOf(database), login: 'Reader' }] }),
      /small letters/,
    ],
    ['without a manager', ({ manager: _, ...database }) => database, /no manager account/],
    ['on a warehouse without an address', (database) => ({ ...database, host: '' }), /takes no connections/],
  ];
  test.each(unfit)('%s are refused before anything runs', async (_, change, says) => {
    const database = change(warehouse({ readonly: template('read') }));
    expect((await refusalOf(redshiftRoleManager.apply(database, managerPassword))).message).toMatch(says);
  });

  test('whose manager cannot log in are refused as that', async () => {
    const database = warehouse({ readonly: template('read') });
    const refusal = await refusalOf(redshiftRoleManager.plan(database, new Secret('wrong')));
    expect(refusal.code).toBe('request_invalid');
    expect(refusal.message).toMatch(/cannot connect to .* authentication failed/);
  });
});

describe('tables that are made later', () => {
  /** The statements for the tables of one user, whatever else the plan has. */
  const of = (creator: string, statements: readonly string[]) =>
    statements.filter((one) => one.includes(`FOR USER "${creator}"`));

  test('are given by an administrator for those whom only a superuser can speak for, and then no more is left', async () => {
    const database = warehouse({ readonly: template('read'), admin: template('admin') });
    const { name } = database;
    await admin.query(`
      CREATE ROLE etl_${name} LOGIN;
      GRANT CREATE ON SCHEMA sales TO etl_${name};
      CREATE TABLE sales.of_${name} (id int);
      ALTER TABLE sales.of_${name} OWNER TO etl_${name};
    `);
    await redshiftRoleManager.apply(database, managerPassword);
    const left = of(`etl_${name}`, await byHand(database));
    expect(left).toEqual([
      `ALTER DEFAULT PRIVILEGES FOR USER "etl_${name}" IN SCHEMA "public", "sales" GRANT SELECT ON TABLES TO ROLE "grantway_${name}_read"`,
      `ALTER DEFAULT PRIVILEGES FOR USER "etl_${name}" IN SCHEMA "public", "sales" GRANT SELECT, INSERT, UPDATE, DELETE, REFERENCES ON TABLES TO ROLE "grantway_${name}_admin"`,
    ]);
    for (const statement of left) await admin.query(statement.replaceAll(' TO ROLE ', ' TO '));
    expect(of(`etl_${name}`, await byHand(database))).toEqual([]);
    await admin.query(`SET ROLE etl_${name}; CREATE TABLE sales.later_${name} (id int); RESET ROLE`);
    const { rows } = await admin.query('SELECT has_table_privilege($1, $2, $3) AS may', [
      `${name}_readonly`,
      `sales.later_${name}`,
      'SELECT',
    ]);
    expect(rows).toEqual([{ may: true }]);
  });

  test('of a managed login that may make some are thought of before the first one is there', async () => {
    const database = warehouse({ readonly: template('read'), admin: template('admin') });
    const { name } = database;
    await redshiftRoleManager.apply(database, managerPassword);
    expect(of(`${name}_admin`, await byHand(database))[0]).toContain(
      `GRANT SELECT ON TABLES TO ROLE "grantway_${name}_read"`,
    );
  });

  test('of the manager account are given by itself', async () => {
    await admin.query('CREATE TABLE sales.own (id int); ALTER TABLE sales.own OWNER TO gw_manager');
    const database = warehouse({ readonly: template('read') });
    const statement = `ALTER DEFAULT PRIVILEGES IN SCHEMA "public", "sales" GRANT SELECT ON TABLES TO ROLE "grantway_${database.name}_read"`;
    expect(await sql(database)).toContain(statement);
    await redshiftRoleManager.apply(database, managerPassword);
    expect(await sql(database)).toEqual([]);
    await admin.query('DROP TABLE sales.own');
  });

  test('are taken away again where the template does not have it', async () => {
    const database = warehouse({ readonly: template('read') });
    const { name } = database;
    await redshiftRoleManager.apply(database, managerPassword);
    await admin.query(`
      CREATE ROLE maker_${name} LOGIN;
      ALTER DEFAULT PRIVILEGES FOR USER maker_${name} IN SCHEMA sales GRANT DELETE ON TABLES TO grantway_${name}_read;
      ALTER DEFAULT PRIVILEGES FOR USER maker_${name} GRANT SELECT ON TABLES TO grantway_${name}_read;
    `);
    expect(of(`maker_${name}`, await byHand(database))).toEqual([
      `ALTER DEFAULT PRIVILEGES FOR USER "maker_${name}" IN SCHEMA "sales" REVOKE DELETE ON TABLES FROM ROLE "grantway_${name}_read"`,
    ]);
  });
});
