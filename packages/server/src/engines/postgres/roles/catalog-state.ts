import type { ManagerConnection } from './connection.ts';
import { type OwnSetting, readOwnSettings } from './own-settings.ts';
import type { ObjectKind } from './templates.ts';

/** What the server knows of the roles in question, and what the manager account can do about it. */
export interface CatalogState {
  readonly roles: ReadonlyMap<string, RoleState>;
  readonly settings: readonly OwnSetting[];
  readonly objects: readonly GrantableObject[];
  readonly columns: readonly ColumnPrivilege[];
  readonly elsewhere: readonly GrantElsewhere[];
  /** Roles whose objects the manager may grant: those that own something here, and the logins it inherits. */
  readonly creators: readonly string[];
  readonly defaults: readonly DefaultPrivilege[];
}

/** One role as the catalog has it. */
export interface RoleState {
  readonly name: string;
  readonly canLogin: boolean;
  readonly inherits: boolean;
  /** Attributes that no managed role may have, as `ALTER ROLE` spells them: `CREATEDB`, `BYPASSRLS` … */
  readonly attributes: readonly string[];
  readonly connectionLimit: number;
  readonly expires: boolean;
  readonly comment: string | null;
  readonly memberships: readonly Membership[];
  /** Whether the manager account has this role's rights, which it needs to grant on what the role makes. */
  readonly inheritedByManager: boolean;
}

/** One grant of a role to another. From PostgreSQL 16 on there is one for each grantor; before, `inherit` and `set` are always true. */
export interface Membership {
  readonly role: string;
  readonly grantor: string;
  readonly admin: boolean;
  readonly inherit: boolean;
  readonly set: boolean;
}

/** One object on which privileges can be granted. */
export interface GrantableObject {
  readonly kind: ObjectKind;
  /** Quoted and qualified. */
  readonly sql: string;
  /** For messages. */
  readonly label: string;
  /** What the manager account can grant on it. */
  readonly grantable: readonly string[];
  readonly granted: readonly Granted[];
}

/** One privilege that somebody has. */
export interface Granted {
  readonly grantee: string;
  readonly privilege: string;
  /** Whether they may pass it on. */
  readonly passable: boolean;
}

/** A privilege on one column of a table. */
export interface ColumnPrivilege extends Granted {
  /** Quoted and qualified. */
  readonly table: string;
  /** Quoted. */
  readonly column: string;
  /** For messages. */
  readonly label: string;
}

/** Somebody has something on an object of a kind that no template gives rights on: a routine, another database, a catalog. */
export interface GrantElsewhere {
  readonly grantee: string;
  /** The object after `REVOKE ALL ON`. */
  readonly sql: string;
}

/** What somebody gets on objects that are made later. */
export interface DefaultPrivilege extends Granted {
  readonly creator: string;
  /** Quoted; empty for all schemas. */
  readonly schema: string;
  readonly kind: 'TABLE' | 'SEQUENCE';
}

/** Reads the state of `names` (logins and group roles). Seven catalog queries, in the caller's transaction. */
export async function readCatalog(
  { client }: ManagerConnection,
  names: readonly string[],
): Promise<CatalogState> {
  const roles = await client.query<RoleState>(rolesQuery, [names]);
  const objects = await client.query<GrantableObject>(objectsQuery, [names]);
  const columns = await client.query<ColumnPrivilege>(columnsQuery, [names]);
  const elsewhere = await client.query<GrantElsewhere>(elsewhereQuery, [names]);
  const creators = await client.query<{ name: string }>(creatorsQuery);
  const defaults = await client.query<DefaultPrivilege>(defaultsQuery, [names]);
  return {
    roles: new Map(roles.rows.map((role) => [role.name, role])),
    settings: await readOwnSettings(client, names),
    objects: objects.rows,
    columns: columns.rows,
    elsewhere: elsewhere.rows,
    creators: creators.rows.map(({ name }) => name),
    defaults: defaults.rows,
  };
}

// `to_jsonb(m)` reads the columns that PostgreSQL 16 added without naming them to an older server.
const rolesQuery = `
  select r.rolname as name, r.rolcanlogin as "canLogin", r.rolinherit as inherits, r.rolconnlimit as "connectionLimit",
         coalesce(r.rolvaliduntil <> 'infinity', false) as expires,
         array_remove(array[
           case when r.rolsuper then 'SUPERUSER' end,
           case when r.rolcreatedb then 'CREATEDB' end,
           case when r.rolcreaterole then 'CREATEROLE' end,
           case when r.rolreplication then 'REPLICATION' end,
           case when r.rolbypassrls then 'BYPASSRLS' end], null) as attributes,
         shobj_description(r.oid, 'pg_authid') as comment,
         pg_has_role(session_user, r.oid, 'USAGE') as "inheritedByManager",
         coalesce((select jsonb_agg(jsonb_build_object(
             'role', g.rolname, 'grantor', pg_get_userbyid(m.grantor), 'admin', m.admin_option,
             'inherit', coalesce(to_jsonb(m) -> 'inherit_option', 'true'),
             'set', coalesce(to_jsonb(m) -> 'set_option', 'true')) order by g.rolname, m.grantor)
           from pg_auth_members m join pg_roles g on g.oid = m.roleid where m.member = r.oid), '[]') as memberships
    from pg_roles r where r.rolname = any ($1) order by r.rolname`;

/** Roles among the names that somebody granted something on the object; an owner's own entry is no grant. */
const granted = (acl: string, owner: string) => `
  coalesce((select jsonb_agg(jsonb_build_object(
                               'grantee', g.rolname, 'privilege', a.privilege_type, 'passable', a.is_grantable)
                             order by g.rolname, a.privilege_type)
    from aclexplode(${acl}) a join pg_roles g on g.oid = a.grantee
   where g.rolname = any ($1) and a.grantee <> ${owner}), '[]')`;

const userSchemas = `n.nspname !~ '^pg_' and n.nspname <> 'information_schema'`;

const objectsQuery = `
  select 'DATABASE' as kind, quote_ident(d.datname) as sql, 'database ' || d.datname as label,
         array(select p from unnest(array['CONNECT', 'CREATE', 'TEMPORARY']) p
                where has_database_privilege(d.oid, p || ' WITH GRANT OPTION')) as grantable,
         ${granted('d.datacl', 'd.datdba')} as granted
    from pg_database d where d.datname = current_database()
  union all
  select 'SCHEMA', quote_ident(n.nspname), 'schema ' || n.nspname,
         array(select p from unnest(array['USAGE', 'CREATE']) p
                where has_schema_privilege(n.oid, p || ' WITH GRANT OPTION')),
         ${granted('n.nspacl', 'n.nspowner')}
    from pg_namespace n where ${userSchemas}
  union all
  (select 'TABLE', quote_ident(n.nspname) || '.' || quote_ident(c.relname), n.nspname || '.' || c.relname,
         array(select p
                 from unnest(array['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'REFERENCES', 'TRIGGER']) p
                where has_table_privilege(c.oid, p || ' WITH GRANT OPTION')
                  and has_schema_privilege(n.oid, 'USAGE WITH GRANT OPTION')),
         ${granted('c.relacl', 'c.relowner')}
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
   where c.relkind in ('r', 'p', 'v', 'm', 'f') and ${userSchemas}
   order by 2)
  union all
  (select 'SEQUENCE', quote_ident(n.nspname) || '.' || quote_ident(c.relname), n.nspname || '.' || c.relname,
         array(select p from unnest(array['SELECT', 'USAGE', 'UPDATE']) p
                where has_sequence_privilege(c.oid, p || ' WITH GRANT OPTION')
                  and has_schema_privilege(n.oid, 'USAGE WITH GRANT OPTION')),
         ${granted('c.relacl', 'c.relowner')}
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
   where c.relkind = 'S' and ${userSchemas}
   order by 2)`;

const columnsQuery = `
  select g.rolname as grantee, a.privilege_type as privilege, a.is_grantable as passable,
         quote_ident(n.nspname) || '.' || quote_ident(c.relname) as table, quote_ident(t.attname) as column,
         n.nspname || '.' || c.relname || '.' || t.attname as label
    from pg_attribute t join pg_class c on c.oid = t.attrelid join pg_namespace n on n.oid = c.relnamespace
    cross join aclexplode(t.attacl) a join pg_roles g on g.oid = a.grantee
   where not t.attisdropped and g.rolname = any ($1) and a.grantee <> c.relowner and ${userSchemas}
   order by 4, 5, 1, 2`;

// The server notes of every object, whatever its kind, which roles its privileges name.
const elsewhereQuery = `
  select distinct g.rolname as grantee,
         case d.classid when 'pg_proc'::regclass then 'ROUTINE'
                        when 'pg_class'::regclass then case c.relkind when 'S' then 'SEQUENCE' else 'TABLE' end
                        when 'pg_namespace'::regclass then 'SCHEMA'
                        when 'pg_foreign_server'::regclass then 'FOREIGN SERVER'
                        when 'pg_parameter_acl'::regclass then 'PARAMETER'
                        else upper(replace(o.type, '-', ' ')) end || ' ' || o.identity as sql
    from pg_shdepend d join pg_roles g on g.oid = d.refobjid
   cross join pg_identify_object(d.classid, d.objid, 0) o
    join pg_database b on b.datname = current_database()
    left join pg_class c on d.classid = 'pg_class'::regclass and c.oid = d.objid
    left join pg_namespace n on n.oid = case d.classid when 'pg_namespace'::regclass then d.objid else c.relnamespace end
   where d.deptype = 'a' and d.refclassid = 'pg_authid'::regclass and d.dbid in (0, b.oid) and g.rolname = any ($1)
     and d.classid <> 'pg_default_acl'::regclass and (d.classid, d.objid) <> ('pg_database'::regclass, b.oid)
     and (n.oid is null or not (${userSchemas}))
   order by 1, 2`;

// The schema "public" belongs to pg_database_owner, which makes nothing itself; its member, the database's owner, does.
const creatorsQuery = `
  select r.rolname as name from pg_roles r
   where r.oid in (select datdba from pg_database where datname = current_database()
                   union select nspowner from pg_namespace n where ${userSchemas}
                   union select relowner from pg_class c join pg_namespace n on n.oid = c.relnamespace
                          where c.relkind in ('r', 'p', 'v', 'm', 'f', 'S') and ${userSchemas})
     and r.rolname !~ '^pg_' and pg_has_role(session_user, r.oid, 'USAGE')
   order by r.rolname`;

const defaultsQuery = `
  select c.rolname as creator, coalesce(quote_ident(n.nspname), '') as schema,
         case d.defaclobjtype when 'r' then 'TABLE' else 'SEQUENCE' end as kind,
         g.rolname as grantee, a.privilege_type as privilege, a.is_grantable as passable
    from pg_default_acl d join pg_roles c on c.oid = d.defaclrole
    left join pg_namespace n on n.oid = d.defaclnamespace
    cross join aclexplode(d.defaclacl) a join pg_roles g on g.oid = a.grantee
   where d.defaclobjtype in ('r', 'S') and g.rolname = any ($1) and a.grantee <> d.defaclrole
   order by 1, 2, 3, 4, 5`;
