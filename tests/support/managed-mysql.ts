import { type Connection, type ConnectionOptions, createConnection } from 'mysql2/promise';
import {
  type Database,
  type ManagedGrants,
  type Role,
  Secret,
} from '../../packages/server/src/core/index.ts';
import { sampleDatabase } from '../../packages/server/src/core/testing/index.ts';
import {
  managerSetupStatements,
  mysqlRoleManager,
} from '../../packages/server/src/engines/mysql/roles/index.ts';
import { managedSampleRoles, roleNamed, threeTemplates } from './managed-sample.ts';
import type { TestMysql } from './mysql.ts';

/** A database with a sample table, and a manager account without SUPER. */
export interface ManagedMysql {
  /** As the configuration would give it; its roles are managed and named as the keys of the grants. */
  readonly database: Database;
  readonly managerPassword: Secret;
  /** The administrator, in this database. */
  readonly administrator: Connection;
  role(name: string): Role;
  /** Sets a password for the role's login and connects as it. */
  connectAs(name: string, options?: ConnectionOptions): Promise<Connection>;
  /** Closes the administrator's connection. */
  close(): Promise<void>;
}

/** What `roles plan` shows. */
export async function planOf({ database, managerPassword }: ManagedMysql) {
  return await mysqlRoleManager.plan(database, managerPassword);
}

/** Does what `roles apply` does. */
export async function applyTo({ database, managerPassword }: ManagedMysql) {
  return await mysqlRoleManager.apply(database, managerPassword);
}

/** What an apply would run. */
export async function changesOf(sample: ManagedMysql) {
  return (await planOf(sample)).filter(({ byHand }) => byHand !== true);
}

/** What a plan leaves to an administrator. */
export async function leftOf(sample: ManagedMysql) {
  return (await planOf(sample)).filter(({ byHand }) => byHand === true);
}

let counter = 0;

/**
 * Makes a database with the table `users`. Every name in it is new on the server, logins are `<database>_<role>`, and
 * no role has been applied yet. `overrides` change the configuration.
 */
export async function makeManagedMysql(
  server: TestMysql,
  grants: Readonly<Record<string, ManagedGrants>> = threeTemplates,
  overrides: Partial<Database> = {},
): Promise<ManagedMysql> {
  const name = `shop_${++counter}`;
  const manager = `${name}_manager`;
  const managerPassword = new Secret(`manager-of-${name}`);

  const administrator = await server.adminClient();
  // A failed test leaves it open; the end of the server is then no second failure.
  administrator.on('error', () => {});
  for (const statement of [
    `CREATE DATABASE ${name}`,
    `USE ${name}`,
    'CREATE TABLE users (id INT AUTO_INCREMENT PRIMARY KEY, name VARCHAR(100))',
    `INSERT INTO users (name) VALUES ('Ada'), ('Grace'), ('Edsger')`,
    ...managerSetupStatements({ manager, password: managerPassword, database: name }),
  ]) {
    await administrator.query(statement);
  }

  const database = sampleDatabase({
    name,
    engine: 'mysql',
    host: server.host,
    port: server.port,
    upstreamName: name,
    manager: { login: manager, password: 'env:UNUSED' },
    roles: managedSampleRoles(grants, (role) => `${name}_${role}`),
    ...overrides,
  });
  const role = (wanted: string) => roleNamed(database, wanted);
  return {
    database,
    managerPassword,
    administrator,
    role,
    connectAs: async (wanted, options = {}) => {
      const password = new Secret(`password-of-${wanted}`);
      await mysqlRoleManager.setPassword(database, managerPassword, role(wanted), password);
      const connection = await createConnection({
        host: database.host,
        port: database.port,
        database: name,
        user: role(wanted).login,
        password: password.reveal(),
        ...options,
      });
      connection.on('error', () => {});
      return connection;
    },
    close: async () => await administrator.end(),
  };
}

/** What came of a statement: `done`, or the error number. */
export async function outcomeOf(connection: Connection, sql: string): Promise<number | 'done'> {
  return await connection.query(sql).then(
    () => 'done' as const,
    (cause: { readonly errno: number }) => cause.errno,
  );
}
