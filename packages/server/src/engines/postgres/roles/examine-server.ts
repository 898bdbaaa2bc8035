import type pg from 'pg';
import type { Database } from '../../../core/index.ts';
import type { Finding } from '../../role-manager.ts';
import { dangerousRoles, wideRoles } from './dangerous-roles.ts';

/**
 * What is dangerous or weak about a server and the logins of its roles, managed or not. Reads catalogs that every
 * account may read, and two that an administrator may let the manager account read; the search path of the connection
 * must be empty.
 */
export async function examineServer(client: pg.Client, { roles }: Database): Promise<readonly Finding[]> {
  const logins = [...new Set(roles.map(({ login }) => login))];
  const findings: Finding[] = [];
  for (const { query, parameters, reads } of checks(logins)) {
    const unseen = reads !== undefined && !(await mayRead(client, reads));
    const { rows } = await client.query<Finding>(
      unseen ? unseenQueries[reads] : query,
      unseen ? [] : [...parameters],
    );
    findings.push(...rows);
  }
  return findings;
}

interface Check {
  /** Gives the columns of a {@link Finding}. */
  readonly query: string;
  readonly parameters: readonly unknown[];
  /** A catalog that only superusers may read unless it was granted; without that the check says so. */
  readonly reads?: 'pg_catalog.pg_authid' | 'pg_catalog.pg_hba_file_rules';
}

async function mayRead(client: pg.Client, catalog: NonNullable<Check['reads']>): Promise<boolean> {
  const { rows } = await client.query<{ held: boolean }>(
    `select has_table_privilege($1::text, 'SELECT') and (
            $1 <> 'pg_catalog.pg_hba_file_rules'
            or has_function_privilege('pg_catalog.pg_hba_file_rules()', 'EXECUTE')) as held`,
    [catalog],
  );
  return rows[0]?.held === true;
}

function checks(logins: readonly string[]): readonly Check[] {
  return [
    { query: attributes, parameters: [logins] },
    { query: memberships, parameters: [logins, dangerousRoles] },
    { query: wideMemberships, parameters: [logins, wideRoles] },
    { query: definerRoutines, parameters: [logins] },
    { query: definerPaths, parameters: [logins] },
    { query: languages, parameters: [logins] },
    { query: noTls, parameters: [] },
    { query: publicSchemas, parameters: [] },
    { query: outwardExtensions, parameters: [] },
    { query: passwordEncryption, parameters: [] },
    { query: untrustedRoutines, parameters: [logins] },
    { query: storedMd5, parameters: [logins], reads: 'pg_catalog.pg_authid' },
    { query: weakEntries, parameters: [logins], reads: 'pg_catalog.pg_hba_file_rules' },
  ];
}

/** Whether a routine `p` sets its own search path. */
const ownPath = `exists (select from unnest(p.proconfig) c where c like 'search_path=%')`;

/** What is said where a catalog cannot be read. To read stored passwords is a right that the manager should not get. */
const unseenQueries: Readonly<Record<NonNullable<Check['reads']>, string>> = {
  'pg_catalog.pg_authid': `
    select 'note' as severity, 'passwords_unseen' as code,
           'the manager account cannot see how passwords are kept, as it should be' as meaning,
           'look as a superuser: SELECT rolname FROM pg_authid WHERE rolpassword LIKE ''md5%''' as mend`,
  'pg_catalog.pg_hba_file_rules': `
    select 'note' as severity, 'hba_unseen' as code,
           'the manager account cannot see pg_hba.conf, so that nothing is known of how logins get in' as meaning,
           'GRANT SELECT ON pg_catalog.pg_hba_file_rules TO ' || quote_ident(session_user)
             || '; GRANT EXECUTE ON FUNCTION pg_catalog.pg_hba_file_rules() TO ' || quote_ident(session_user) as mend`,
};

const attributes = `
  select case a.attribute when 'CREATEDB' then 'warning' else 'danger' end as severity, 'login_attribute' as code,
         'login ' || r.rolname || ' has the attribute ' || a.attribute as meaning,
         'ALTER ROLE ' || quote_ident(r.rolname) || ' NO' || a.attribute as mend
    from pg_roles r cross join lateral (values
           ('SUPERUSER', r.rolsuper), ('CREATEROLE', r.rolcreaterole), ('REPLICATION', r.rolreplication),
           ('BYPASSRLS', r.rolbypassrls), ('CREATEDB', r.rolcreatedb)) a (attribute, held)
   where r.rolname = any ($1) and a.held order by r.rolname, a.attribute`;

// Also what leads to such a role over others: the first step is what the administrator takes away.
const memberships = `
  select distinct 'danger' as severity, 'login_becomes_other' as code,
         'login ' || l.rolname || ' is a member of ' || g.rolname
           || ', which is or leads to another login or a role that reaches out of the database' as meaning,
         'REVOKE ' || quote_ident(g.rolname) || ' FROM ' || quote_ident(l.rolname) as mend
    from pg_auth_members m join pg_roles l on l.oid = m.member join pg_roles g on g.oid = m.roleid
   where l.rolname = any ($1) and exists (
           select from pg_roles d
            where (d.rolname = any ($2) or d.rolcanlogin or d.rolsuper) and pg_has_role(g.oid, d.oid, 'MEMBER'))
   order by mend`;

const definerRoutines = `
  select distinct 'danger' as severity, 'definer_routine' as code,
         'login ' || l.rolname || ' can run ' || p.oid::regprocedure || ' with the rights of the superuser '
           || o.rolname || case when ${ownPath} then '' else ', and its own search path says what is called' end as meaning,
         'ALTER ROUTINE ' || p.oid::regprocedure || ' SECURITY INVOKER' as mend
    from pg_proc p join pg_namespace n on n.oid = p.pronamespace join pg_roles o on o.oid = p.proowner
    join pg_roles l on l.rolname = any ($1)
   where p.prosecdef and o.rolsuper and n.nspname not in ('pg_catalog', 'information_schema')
     and has_schema_privilege(l.oid, n.oid, 'USAGE') and has_function_privilege(l.oid, p.oid, 'EXECUTE')
   order by mend, meaning`;

// Whatever such a routine names without a schema, its caller can put something else in the place of.
const definerPaths = `
  select distinct 'warning' as severity, 'definer_search_path' as code,
         'login ' || l.rolname || ' can run ' || p.oid::regprocedure || ' with the rights of ' || o.rolname
           || ', and its own search path says what is called' as meaning,
         'ALTER ROUTINE ' || p.oid::regprocedure || ' SET search_path = pg_catalog, '
           || quote_ident(n.nspname) || ', pg_temp' as mend
    from pg_proc p join pg_namespace n on n.oid = p.pronamespace join pg_roles o on o.oid = p.proowner
    join pg_roles l on l.rolname = any ($1)
   where p.prosecdef and not o.rolsuper and o.oid <> l.oid and not (${ownPath})
     and n.nspname not in ('pg_catalog', 'information_schema')
     and has_schema_privilege(l.oid, n.oid, 'USAGE') and has_function_privilege(l.oid, p.oid, 'EXECUTE')
   order by mend, meaning`;

// Only a superuser can have declared such a language to be trusted; from then on everybody writes in it.
const languages = `
  select 'danger' as severity, 'untrusted_language' as code,
         string_agg(l.rolname, ', ' order by l.rolname) || ' can write routines in the language ' || g.lanname
           || ', which nothing holds inside of the database' as meaning,
         'UPDATE pg_catalog.pg_language SET lanpltrusted = false WHERE lanname = ' || quote_literal(g.lanname) as mend
    from pg_language g join pg_roles l on l.rolname = any ($1)
   where g.lanpltrusted and (g.lanname in ('c', 'internal') or g.lanname ~ 'u$')
     and has_language_privilege(l.oid, g.oid, 'USAGE')
   group by g.lanname order by g.lanname`;

const wideMemberships = `
  select distinct 'warning' as severity, 'wide_role' as code,
         'login ' || l.rolname || ' is a member of ' || g.rolname
           || ', which reaches past what is granted on tables, or shows what other people do' as meaning,
         'REVOKE ' || quote_ident(g.rolname) || ' FROM ' || quote_ident(l.rolname) as mend
    from pg_auth_members m join pg_roles l on l.oid = m.member join pg_roles g on g.oid = m.roleid
   where l.rolname = any ($1) and exists (
           select from pg_roles w where w.rolname = any ($2) and pg_has_role(g.oid, w.oid, 'MEMBER'))
   order by mend`;

const noTls = `
  select 'warning' as severity, 'no_tls' as code,
         'the server has no TLS, and listens on ' || current_setting('listen_addresses') as meaning,
         'in postgresql.conf: ssl = on, ssl_cert_file, ssl_key_file; then SELECT pg_reload_conf()' as mend
   where current_setting('ssl') = 'off' and exists (
           select from regexp_split_to_table(current_setting('listen_addresses'), '\\s*,\\s*') a
            where a !~ '^(|localhost|127[.][0-9.]+|::1)$')`;

// CVE-2018-1058: whoever makes objects in a schema of everybody's search path decides what others run.
const publicSchemas = `
  select 'warning' as severity, 'public_create' as code,
         'everybody can make tables and functions in the schema ' || n.nspname as meaning,
         'REVOKE CREATE ON SCHEMA ' || quote_ident(n.nspname) || ' FROM PUBLIC' as mend
    from pg_namespace n
   where n.nspname !~ '^pg_' and exists (
           select from aclexplode(n.nspacl) a where a.grantee = 0 and a.privilege_type = 'CREATE')
   order by n.nspname`;

const outwardExtensions = `
  select 'warning' as severity, 'outward_extension' as code,
         'the extension ' || e.extname || ' connects to other servers or reads files from inside the database' as meaning,
         'DROP EXTENSION ' || quote_ident(e.extname) as mend
    from pg_extension e
   where e.extname in ('dblink', 'postgres_fdw', 'file_fdw', 'adminpack') order by e.extname`;

const passwordEncryption = `
  select 'warning' as severity, 'password_md5' as code,
         'new passwords are kept as MD5, which signs in whoever reads it' as meaning,
         'ALTER SYSTEM SET password_encryption = ''scram-sha-256''; SELECT pg_reload_conf()' as mend
   where current_setting('password_encryption') = 'md5'`;

// Such a routine does what the server process may do; what an extension brings was made to be called.
const untrustedRoutines = `
  select distinct 'warning' as severity, 'untrusted_routine' as code,
         'login ' || l.rolname || ' can run ' || p.oid::regprocedure || ', written in the language ' || g.lanname
           || ', which nothing holds inside of the database' as meaning,
         'REVOKE EXECUTE ON ROUTINE ' || p.oid::regprocedure || ' FROM PUBLIC, ' || quote_ident(l.rolname) as mend
    from pg_proc p join pg_namespace n on n.oid = p.pronamespace
    join pg_language g on g.oid = p.prolang join pg_roles l on l.rolname = any ($1)
   where not g.lanpltrusted and n.nspname not in ('pg_catalog', 'information_schema')
     and not exists (select from pg_depend d
                      where d.classid = 'pg_proc'::regclass and d.objid = p.oid and d.deptype = 'e')
     and has_schema_privilege(l.oid, n.oid, 'USAGE') and has_function_privilege(l.oid, p.oid, 'EXECUTE')
   order by mend, meaning`;

const storedMd5 = `
  select 'warning' as severity, 'stored_md5' as code,
         'the password of login ' || rolname || ' is kept as MD5, which signs in whoever reads it' as meaning,
         'SET password_encryption = ''scram-sha-256''; ALTER ROLE ' || quote_ident(rolname) || ' PASSWORD ''…''' as mend
    from pg_authid where rolname = any ($1) and rolpassword like 'md5%' order by rolname`;

const weakEntries = `
  select case h.auth_method when 'trust' then 'danger' else 'warning' end as severity,
         'hba_' || h.auth_method as code,
         'line ' || h.line_number || ' of pg_hba.conf lets logins of roles in '
           || case h.auth_method when 'trust' then 'without any password'
                when 'password' then 'with a password in clear' else 'by MD5 where that is stored' end as meaning,
         'in pg_hba.conf line ' || h.line_number || ': write scram-sha-256 in place of ' || h.auth_method
           || '; then SELECT pg_reload_conf()' as mend
    from pg_hba_file_rules h
   where (h.auth_method in ('trust', 'md5') or (h.auth_method = 'password' and h.type <> 'hostssl'))
     and (h.user_name && $1::text[] or 'all' = any (h.user_name))
   order by h.line_number`;
