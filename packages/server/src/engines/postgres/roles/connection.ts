import pg from 'pg';
import { type Database, Refusal, type Secret } from '../../../core/index.ts';
import { upstreamTls } from '../../framing/index.ts';
import { openAsManager } from '../../manager-account.ts';

const connectTimeoutMs = 10_000;
const statementTimeoutMs = 60_000;

/**
 * Opens a driver connection to the database as one login. The search path is empty, so that nothing which a user of
 * the database made can stand in for a catalog's table, function or operator (CVE-2018-1058).
 *
 * @throws the driver's own error; what it means depends on whose login it is
 */
export async function connectAs(database: Database, login: string, password: Secret): Promise<pg.Client> {
  const client = new pg.Client({
    host: database.host,
    port: database.port,
    database: database.upstreamName,
    user: login,
    password: password.reveal(),
    ssl: database.tls === 'off' ? false : await upstreamTls(database),
    application_name: 'grantway roles',
    connectionTimeoutMillis: connectTimeoutMs,
    statement_timeout: statementTimeoutMs,
    lock_timeout: statementTimeoutMs,
    options: '-c search_path=',
  });
  // A connection that breaks between two statements fails the next one; without a listener it would end the process.
  client.on('error', () => {});
  await client.connect();
  return client;
}

/** A connection as the manager account, and what the plan must know of the server. */
export interface ManagerConnection {
  readonly client: pg.Client;
  readonly login: string;
  /** For example 180004. */
  readonly serverVersion: number;
}

/**
 * Runs `work` as the manager account and closes the connection.
 * @throws Refusal `request_invalid` when there is no manager, it cannot connect, or it is a superuser
 */
export async function withManager<T>(
  database: Database,
  password: Secret,
  work: (manager: ManagerConnection) => Promise<T>,
): Promise<T> {
  const { login, client } = await openAsManager(database, async (login) => ({
    login,
    client: await connectAs(database, login, password),
  }));
  try {
    const { rows } = await client.query<{ superuser: boolean; version: number }>(
      `select rolsuper as superuser, pg_catalog.current_setting('server_version_num')::int as version
         from pg_catalog.pg_roles where rolname = session_user`,
    );
    const [server] = rows;
    // Whatever a superuser grants is granted, also what the templates must never give away.
    if (server === undefined || server.superuser) {
      throw new Refusal('request_invalid', {
        what: `The manager account "${login}" is a superuser. Use one with CREATEROLE alone (docs/managed-roles.md).`,
      });
    }
    return await work({ client, login, serverVersion: server.version });
  } finally {
    await client.end().catch(() => {});
  }
}
