import { existsSync, readdirSync } from 'node:fs';
import pg from 'pg';
import {
  type Database,
  type ManagedGrants,
  type Role,
  Secret,
} from '../../packages/server/src/core/index.ts';
import { sampleDatabase } from '../../packages/server/src/core/testing/index.ts';
import {
  managerSetupStatements,
  postgresRoleManager,
  scramVerifier,
} from '../../packages/server/src/engines/postgres/roles/index.ts';
import { managedSampleRoles, roleNamed, threeTemplates } from './managed-sample.ts';
import type { TestPostgres } from './postgres.ts';

/** A database with sample tables, an owner, and a manager account that is no superuser. */
export interface ManagedDatabase {
  /** As the configuration would give it; its roles are managed and named as the keys of the grants. */
  readonly database: Database;
  readonly managerPassword: Secret;
  /** The superuser, connected to this database. */
  readonly superuser: pg.Client;
  readonly owner: string;
  role(name: string): Role;
  /** Sets a password for the role's login and connects as it. */
  connectAs(name: string): Promise<pg.Client>;
  /** Closes the superuser's connection. */
  close(): Promise<void>;
}

const debian = '/usr/lib/postgresql';
/** PostgreSQL 18, and each of Debian's servers on this machine: before 16 memberships have neither INHERIT nor SET. */
export const managedVersions: readonly { readonly version: string; readonly bin?: string }[] = [
  { version: '18' },
  ...(existsSync(debian) ? readdirSync(debian) : [])
    .filter((version) => existsSync(`${debian}/${version}/bin/initdb`))
    .map((version) => ({ version, bin: `${debian}/${version}/bin` })),
];

/** What `roles plan` shows. */
export async function planOf({ database, managerPassword }: ManagedDatabase) {
  return await postgresRoleManager.plan(database, managerPassword);
}

/** Does what `roles apply` does. */
export async function applyTo({ database, managerPassword }: ManagedDatabase) {
  return await postgresRoleManager.apply(database, managerPassword);
}

let counter = 0;

/**
 * Makes a database with the tables `users` and `sales."Odd Orders"`. Every name in it is new on the server, logins are
 * `<database>_<role>`, and no role has been applied yet.
 */
export async function makeManagedDatabase(
  server: TestPostgres,
  grants: Readonly<Record<string, ManagedGrants>> = threeTemplates,
): Promise<ManagedDatabase> {
  const name = `shop_${process.pid}_${++counter}`;
  const owner = `${name}_owner`;
  const managerPassword = new Secret(`manager-of-${name}`);

  const admin = await server.adminClient();
  const { rows } = await admin.query<{ v: number }>(`SELECT current_setting('server_version_num')::int AS v`);
  await admin.query(`CREATE ROLE ${owner}`);
  await admin.query(`CREATE DATABASE ${name} OWNER ${owner}`);
  await admin.query(`REVOKE ALL ON DATABASE ${name} FROM PUBLIC`);
  const setup = managerSetupStatements({
    manager: `${name}_manager`,
    owner,
    password: await scramVerifier(managerPassword),
    serverVersion: rows[0]?.v ?? 0,
  });
  for (const statement of setup) await admin.query(statement);
  await admin.end();

  const superuser = await server.adminClient(name);
  // A failed test leaves it open; the end of the server is then no second failure.
  superuser.on('error', () => {});
  await superuser.query(`
    SET ROLE ${owner};
    CREATE SCHEMA sales;
    CREATE TABLE public.users (id int GENERATED ALWAYS AS IDENTITY, name text);
    CREATE TABLE sales."Odd Orders" (id serial, note text);
    INSERT INTO public.users (name) VALUES ('Ada'), ('Grace'), ('Edsger');
    RESET ROLE`);

  const database = sampleDatabase({
    name,
    host: server.host,
    port: server.port,
    upstreamName: name,
    manager: { login: `${name}_manager`, password: 'env:UNUSED' },
    roles: managedSampleRoles(grants, (role) => `${name}_${role}`),
  });
  const role = (wanted: string) => roleNamed(database, wanted);
  return {
    database,
    managerPassword,
    superuser,
    owner,
    role,
    connectAs: async (wanted) => {
      const password = new Secret(`password-of-${wanted}`);
      await postgresRoleManager.setPassword(database, managerPassword, role(wanted), password);
      const client = new pg.Client({
        host: database.host,
        port: database.port,
        database: name,
        user: role(wanted).login,
        password: password.reveal(),
      });
      await client.connect();
      return client;
    },
    close: async () => await superuser.end(),
  };
}
