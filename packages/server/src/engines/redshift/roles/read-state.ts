import pg from 'pg';
import { type AclEntry, readAcl } from './acl.ts';
import type { ObjectKind } from './wanted-roles.ts';

/** What the server knows of the users and groups in question. */
export interface ServerState {
  readonly users: ReadonlyMap<string, UserState>;
  /** Members of each group, by user name. */
  readonly groups: ReadonlyMap<string, readonly string[]>;
  readonly objects: readonly GrantableObject[];
}

export interface UserState {
  readonly superuser: boolean;
  readonly createDb: boolean;
}

export interface GrantableObject {
  readonly kind: ObjectKind;
  /** Quoted and qualified. */
  readonly sql: string;
  /** What the manager account can grant on it. */
  readonly grantable: readonly string[];
  readonly acl: readonly AclEntry[];
}

/** Reads the catalogs that Redshift and PostgreSQL share, in the caller's transaction. */
export async function readState(client: pg.Client): Promise<ServerState> {
  const users = await client.query<{ name: string; id: number; superuser: boolean; createDb: boolean }>(
    'SELECT usename AS name, usesysid AS id, usesuper AS superuser, usecreatedb AS "createDb" FROM pg_catalog.pg_user',
  );
  const groups = await client.query<{ name: string; members: readonly number[] | null }>(
    'SELECT groname AS name, grolist AS members FROM pg_catalog.pg_group',
  );
  const names = new Map(users.rows.map(({ id, name }) => [id, name]));
  return {
    users: new Map(users.rows.map(({ name, superuser, createDb }) => [name, { superuser, createDb }])),
    groups: new Map(
      groups.rows.map(({ name, members }) => [name, (members ?? []).flatMap((id) => names.get(id) ?? [])]),
    ),
    objects: [...(await readObjects(client, 'SCHEMA')), ...(await readObjects(client, 'TABLE'))],
  };
}

const userSchemas = `n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'`;

const privileges: Readonly<Record<ObjectKind, readonly string[]>> = {
  SCHEMA: ['USAGE', 'CREATE'],
  TABLE: ['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'REFERENCES'],
};

const queries: Readonly<Record<ObjectKind, string>> = {
  SCHEMA: `
    SELECT n.nspname AS schema, NULL AS name, array_to_string(n.nspacl, chr(10)) AS acl, ${grantable('SCHEMA', 'n.oid')}
      FROM pg_catalog.pg_namespace n WHERE ${userSchemas} ORDER BY 1`,
  TABLE: `
    SELECT n.nspname AS schema, c.relname AS name, array_to_string(c.relacl, chr(10)) AS acl,
           ${grantable('TABLE', 'c.oid')}
      FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
     WHERE c.relkind IN ('r', 'v') AND ${userSchemas} ORDER BY 1, 2`,
};

/** A column of t or f for each privilege: Redshift's leader node has few functions for arrays. */
function grantable(kind: ObjectKind, oid: string): string {
  return privileges[kind]
    .map((one) => `has_${kind.toLowerCase()}_privilege(${oid}, '${one} WITH GRANT OPTION') AS "${one}"`)
    .join(', ');
}

type ObjectRow = {
  readonly schema: string;
  readonly name: string | null;
  readonly acl: string | null;
} & Readonly<Record<string, unknown>>;

async function readObjects(client: pg.Client, kind: ObjectKind): Promise<readonly GrantableObject[]> {
  const { rows } = await client.query<ObjectRow>(queries[kind]);
  return rows.map((row) => ({
    kind,
    sql: [row.schema, row.name]
      .flatMap((part) => (part === null ? [] : [pg.escapeIdentifier(part)]))
      .join('.'),
    grantable: privileges[kind].filter((one) => row[one] === true),
    acl: readAcl(row.acl ?? ''),
  }));
}
