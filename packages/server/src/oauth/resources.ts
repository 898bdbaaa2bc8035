import type { Database } from '../core/index.ts';

/** The resource indicator of a database (RFC 8707): `<issuer>/db/<database>`. It is the audience of its tokens. */
export function resourceOf(issuer: string, database: string): string {
  return `${issuer}/db/${encodeURIComponent(database)}`;
}

/** The database behind a resource indicator, compared as a whole string; undefined when there is none. */
export function databaseOf(
  issuer: string,
  resource: string,
  databases: ReadonlyMap<string, Database>,
): Database | undefined {
  const prefix = `${issuer}/db/`;
  if (!resource.startsWith(prefix)) return undefined;
  for (const database of databases.values())
    if (resource === resourceOf(issuer, database.name)) return database;
  return undefined;
}
