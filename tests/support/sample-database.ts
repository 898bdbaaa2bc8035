import { newId } from '../../packages/server/src/core/index.ts';
import { startPostgres, type TestPostgres } from './postgres.ts';

/** The roles of the sample database with their logins, as the demo has them. */
export const sampleRoles = {
  admin: { login: 'app_admin', groups: ['admin'] },
  readwrite: { login: 'app_readwrite', groups: ['admin', 'editor'] },
  readonly: { login: 'app_readonly', groups: undefined },
} as const;
export type SampleRole = keyof typeof sampleRoles;

/** A PostgreSQL with the database `authdb`: tables `users` and `sensitive_data`, three rows each, and three logins. */
export interface SampleDatabase {
  readonly server: TestPostgres;
  /** The password of each role's login. */
  readonly passwords: Readonly<Record<SampleRole, string>>;
  /** Runs a statement as superuser, past the gateway. */
  query(text: string): Promise<readonly Record<string, unknown>[]>;
  stop(): Promise<void>;
}

/** Starts it. The grants are what the roles may do; the gateway has no say in them. */
export async function startSampleDatabase(): Promise<SampleDatabase> {
  const server = await startPostgres();
  const passwords = { admin: newId(), readwrite: newId(), readonly: newId() };

  const superuser = await server.adminClient();
  await superuser.query('DROP DATABASE IF EXISTS authdb');
  await superuser.query('CREATE DATABASE authdb');
  for (const [role, { login }] of Object.entries(sampleRoles)) {
    await superuser.query(`DROP ROLE IF EXISTS ${login}`);
    await superuser.query(`CREATE ROLE ${login} LOGIN PASSWORD '${passwords[role as SampleRole]}'`);
  }
  await superuser.end();

  const owner = await server.adminClient('authdb');
  await owner.query(`
    CREATE TABLE users (id int PRIMARY KEY GENERATED ALWAYS AS IDENTITY, name text NOT NULL, email text NOT NULL);
    CREATE TABLE sensitive_data (id int PRIMARY KEY GENERATED ALWAYS AS IDENTITY, secret text NOT NULL);
    INSERT INTO users (name, email) VALUES
      ('Ada', 'ada@example.com'), ('Grace', 'grace@example.com'), ('Edsger', 'edsger@example.com');
    INSERT INTO sensitive_data (secret) VALUES ('one'), ('two'), ('three');
    GRANT SELECT ON users TO app_readonly;
    GRANT SELECT, INSERT, UPDATE, DELETE ON users, sensitive_data TO app_readwrite, app_admin;
    GRANT CREATE ON SCHEMA public TO app_admin;
  `);
  return {
    server,
    passwords,
    query: async (text) => (await owner.query(text)).rows,
    stop: async () => {
      await owner.end();
      await server.stop();
    },
  };
}
