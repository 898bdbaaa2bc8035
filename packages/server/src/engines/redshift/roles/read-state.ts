import pg from 'pg';
import type { ObjectKind } from './wanted-roles.ts';

/** What the server knows of users, roles and what they hold. */
export interface ServerState {
  /** The login that reads this. */
  readonly manager: string;
  readonly users: ReadonlyMap<string, UserState>;
  readonly roles: ReadonlySet<string>;
  readonly groups: readonly string[];
  readonly objects: readonly GrantableObject[];
  readonly held: readonly Held[];
  /** Users who own tables or views outside of the system's schemas. */
  readonly creators: readonly string[];
  readonly defaults: readonly DefaultPrivilege[];
  readonly scoped: readonly ScopedPrivilege[];
}

/** One user as the warehouse has them. */
export interface UserState {
  readonly superuser: boolean;
  readonly createDb: boolean;
  /** The first user of the warehouse, or the one that Amazon keeps. */
  readonly isBuiltIn: boolean;
  readonly passwordEnds: boolean;
  readonly roles: readonly string[];
  readonly groups: readonly string[];
}

/** One object on which privileges can be granted. */
export interface GrantableObject {
  readonly kind: ObjectKind;
  /** Quoted and qualified. */
  readonly sql: string;
  /** What the manager account can grant on it. */
  readonly grantable: readonly string[];
}

/** One privilege that somebody holds on an object. */
export interface Held {
  readonly kind: ObjectKind;
  readonly sql: string;
  readonly privilege: string;
  readonly grantee: string;
  /** `user`, `role`, `group` or `public`. */
  readonly granteeKind: string;
}

/** What a role gets on each table that somebody makes from now on. */
export interface DefaultPrivilege {
  readonly creator: string;
  /** Quoted; empty for all schemas. */
  readonly schema: string;
  readonly privilege: string;
  readonly grantee: string;
}

/** A privilege on all tables of a schema, also later ones, whoever makes them (`GRANT … FOR TABLES IN SCHEMA`). */
export interface ScopedPrivilege {
  /** Quoted. */
  readonly schema: string;
  readonly privilege: string;
  readonly grantee: string;
  readonly granteeKind: string;
}

/** Reads the catalogs and Redshift's own views of them, in the caller's transaction. */
export async function readState(client: pg.Client): Promise<ServerState> {
  const users = await client.query<Omit<UserState, 'roles' | 'groups'> & { name: string; id: number }>(`
    SELECT usename AS name, usesysid AS id, usesuper AS superuser, usecreatedb AS "createDb",
           usesysid IN (1, 100) OR usename = 'rdsdb' AS "isBuiltIn", valuntil IS NOT NULL AS "passwordEnds"
      FROM pg_catalog.pg_user`);
  const groups = await client.query<{ name: string; members: readonly number[] | null }>(
    'SELECT groname AS name, grolist AS members FROM pg_catalog.pg_group',
  );
  const roles = await client.query<{ name: string }>('SELECT role_name AS name FROM svv_roles');
  const grants = await client.query<{ user: string; role: string }>(
    'SELECT user_name AS "user", role_name AS role FROM svv_user_grants',
  );
  const state = ({ name, id, ...user }: (typeof users.rows)[number]): UserState => ({
    ...user,
    roles: grants.rows.filter(({ user }) => user === name).map(({ role }) => role),
    groups: groups.rows.filter(({ members }) => members?.includes(id)).map((group) => group.name),
  });
  return {
    users: new Map(users.rows.map((user) => [user.name, state(user)])),
    roles: new Set(roles.rows.map(({ name }) => name)),
    groups: groups.rows.map(({ name }) => name),
    objects: [...(await readObjects(client, 'SCHEMA')), ...(await readObjects(client, 'TABLE'))],
    held: [...(await readHeld(client, 'SCHEMA')), ...(await readHeld(client, 'TABLE'))],
    ...(await readMakers(client)),
    scoped: await readScoped(client),
  };
}

const userSchemas = `n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'`;
const userNamespaces = `namespace_name !~ '^pg_' AND namespace_name <> 'information_schema'`;

const privileges: Readonly<Record<ObjectKind, readonly string[]>> = {
  SCHEMA: ['USAGE', 'CREATE'],
  TABLE: ['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'REFERENCES'],
};

const objectQueries: Readonly<Record<ObjectKind, string>> = {
  SCHEMA: `
    SELECT n.nspname AS schema, NULL AS name, ${grantable('SCHEMA', 'n.oid')}
      FROM pg_catalog.pg_namespace n WHERE ${userSchemas} ORDER BY 1`,
  TABLE: `
    SELECT n.nspname AS schema, c.relname AS name, ${grantable('TABLE', 'c.oid')}
      FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
     WHERE c.relkind IN ('r', 'v') AND ${userSchemas} ORDER BY 1, 2`,
};

/** What is held on a schema or a table, also by roles, which the catalogs' own lists do not show. */
const heldQueries: Readonly<Record<ObjectKind, string>> = {
  SCHEMA: `
    SELECT namespace_name AS schema, NULL AS name, privilege_type AS privilege,
           identity_name AS grantee, identity_type AS "granteeKind"
      FROM svv_schema_privileges WHERE privilege_scope = 'SCHEMA' AND ${userNamespaces}`,
  TABLE: `
    SELECT namespace_name AS schema, relation_name AS name, privilege_type AS privilege,
           identity_name AS grantee, identity_type AS "granteeKind"
      FROM svv_relation_privileges WHERE ${userNamespaces}`,
};

/** A column for each privilege: Redshift's leader node has few functions for arrays. */
function grantable(kind: ObjectKind, oid: string): string {
  return privileges[kind]
    .map((one) => `has_${kind.toLowerCase()}_privilege(${oid}, '${one} WITH GRANT OPTION') AS "${one}"`)
    .join(', ');
}

interface ObjectName {
  readonly schema: string;
  readonly name: string | null;
}

async function readObjects(client: pg.Client, kind: ObjectKind): Promise<readonly GrantableObject[]> {
  const { rows } = await client.query<ObjectName & Readonly<Record<string, unknown>>>(objectQueries[kind]);
  return rows.map((row) => ({
    kind,
    sql: qualified(row),
    grantable: privileges[kind].filter((one) => row[one] === true),
  }));
}

async function readHeld(client: pg.Client, kind: ObjectKind): Promise<readonly Held[]> {
  const { rows } = await client.query<ObjectName & Omit<Held, 'kind' | 'sql'>>(heldQueries[kind]);
  return rows.map(({ schema, name, ...held }) => ({ ...held, kind, sql: qualified({ schema, name }) }));
}

async function readMakers(
  client: pg.Client,
): Promise<Pick<ServerState, 'manager' | 'creators' | 'defaults'>> {
  const manager = await client.query<{ name: string }>('SELECT session_user::varchar AS name');
  const creators = await client.query<{ name: string }>(`
    SELECT DISTINCT u.usename AS name
      FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
      JOIN pg_catalog.pg_user u ON u.usesysid = c.relowner
     WHERE c.relkind IN ('r', 'v') AND ${userSchemas} ORDER BY 1`);
  const defaults = await client.query<{
    creator: string;
    schema: string | null;
    privilege: string;
    grantee: string;
  }>(`
    SELECT owner_name AS creator, schema_name AS schema, privilege_type AS privilege, grantee_name AS grantee
      FROM svv_default_privileges WHERE object_type = 'RELATION' AND grantee_type = 'role'`);
  return {
    manager: manager.rows[0]?.name ?? '',
    creators: creators.rows.map(({ name }) => name),
    defaults: defaults.rows.map(({ schema, ...one }) => ({
      ...one,
      schema: schema === null || schema === '' ? '' : pg.escapeIdentifier(schema),
    })),
  };
}

async function readScoped(client: pg.Client): Promise<readonly ScopedPrivilege[]> {
  const { rows } = await client.query<ScopedPrivilege>(`
    SELECT namespace_name AS schema, privilege_type AS privilege,
           identity_name AS grantee, identity_type AS "granteeKind"
      FROM svv_schema_privileges WHERE privilege_scope = 'TABLES'`);
  return rows.map((row) => ({ ...row, schema: pg.escapeIdentifier(row.schema) }));
}

function qualified({ schema, name }: ObjectName): string {
  return [schema, name].flatMap((part) => (part === null ? [] : [pg.escapeIdentifier(part)])).join('.');
}
