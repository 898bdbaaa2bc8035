import pg from 'pg';
import type { Secret } from '../core/index.ts';
import { managerSetupStatements, scramVerifier } from '../engines/postgres/roles/index.ts';

/** Names on the sample server. */
export const sample = { database: 'authdb', owner: 'authdb_owner', manager: 'grantway_manager' } as const;

const tables = `
  CREATE TABLE public.users (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text NOT NULL,
    email text NOT NULL UNIQUE,
    created_at timestamptz NOT NULL DEFAULT now()
  );
  CREATE TABLE public.sensitive_data (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    user_id integer NOT NULL REFERENCES public.users,
    kind text NOT NULL,
    value text NOT NULL
  );
  INSERT INTO public.users (name, email) VALUES
    ('Ada Lovelace', 'ada@example.com'),
    ('Grace Hopper', 'grace@example.com'),
    ('Edsger Dijkstra', 'edsger@example.com');
  INSERT INTO public.sensitive_data (user_id, kind, value) VALUES
    (1, 'salary', '118,000 GBP'),
    (2, 'passport', 'X01234567'),
    (3, 'diagnosis', 'allergic to goto');`;

/**
 * Makes the sample database, its tables and the manager account; what is there already stays as people left it.
 * `superuser` is a connection string to the database `postgres`.
 */
export async function fillSampleDatabase(superuser: URL, managerPassword: Secret): Promise<void> {
  await withClient(superuser, async (client) => {
    if (!(await exists(client, 'pg_roles', 'rolname', sample.owner))) {
      await client.query(`CREATE ROLE ${sample.owner} NOLOGIN`);
    }
    if (!(await exists(client, 'pg_database', 'datname', sample.database))) {
      await client.query(`CREATE DATABASE ${sample.database} OWNER ${sample.owner}`);
    }
    // Everybody may connect to a new database; here only those whom the roles let in.
    await client.query(`REVOKE ALL ON DATABASE ${sample.database} FROM PUBLIC`);
    await makeManager(client, managerPassword);
  });
  await withClient(new URL(`/${sample.database}`, superuser), async (client) => {
    const { rows } = await client.query<{ missing: boolean }>(
      `SELECT to_regclass('public.users') IS NULL AND to_regclass('public.sensitive_data') IS NULL AS missing`,
    );
    // One simple query is one transaction, so a start that is killed leaves both tables or none.
    if (rows[0]?.missing === true) await client.query(`SET LOCAL ROLE ${sample.owner}; ${tables}`);
  });
}

async function makeManager(client: pg.Client, managerPassword: Secret): Promise<void> {
  const password = await scramVerifier(managerPassword);
  if (await exists(client, 'pg_roles', 'rolname', sample.manager)) {
    await client.query(`ALTER ROLE ${sample.manager} PASSWORD ${pg.escapeLiteral(password)}`);
    return;
  }
  const setup = managerSetupStatements({ ...sample, password, serverVersion: 180_000 });
  await client.query(setup.join(';\n'));
}

async function exists(client: pg.Client, catalog: string, column: string, name: string): Promise<boolean> {
  const { rowCount } = await client.query(`SELECT FROM pg_catalog.${catalog} WHERE ${column} = $1`, [name]);
  return rowCount === 1;
}

async function withClient(url: URL, work: (client: pg.Client) => Promise<void>): Promise<void> {
  const client = new pg.Client({ connectionString: url.href });
  await client.connect();
  try {
    await work(client);
  } finally {
    await client.end();
  }
}
