import type pg from 'pg';
import type { Finding } from '../../role-manager.ts';
import type { WantedRole } from './wanted-roles.ts';

/**
 * Says so when there are tables and the manager account can grant nothing on any of them: the templates then give
 * rights on nothing, which an administrator finds out from a person's "permission denied" otherwise. A part that is
 * out of reach is the administrator's border, and no finding.
 */
export async function tablesOutOfReach(
  client: pg.Client,
  wanted: readonly WantedRole[],
): Promise<readonly Finding[]> {
  if (!wanted.some(({ kind }) => kind === 'template')) return [];
  return (await client.query<Finding>(query)).rows;
}

const query = `
  select 'warning' as severity, 'tables_out_of_reach' as code,
         'the manager account can grant nothing on any table (owner: ' || string_agg(distinct owner, ', ')
           || '), so managed roles read none' as meaning,
         coalesce(
           min('GRANT ' || quote_ident(owner) || ' TO ' || quote_ident(session_user)
                 || case when current_setting('server_version_num')::int >= 160000
                         then ' WITH INHERIT TRUE, SET FALSE' else '' end)
             filter (where not rolsuper),
           min('GRANT USAGE ON SCHEMA ' || quote_ident(schema) || ' TO ' || quote_ident(session_user)
                 || ' WITH GRANT OPTION; GRANT SELECT ON ALL TABLES IN SCHEMA ' || quote_ident(schema)
                 || ' TO ' || quote_ident(session_user) || ' WITH GRANT OPTION')) as mend
    from (select o.rolname as owner, o.rolsuper, n.nspname as schema,
                 has_schema_privilege(n.oid, 'USAGE WITH GRANT OPTION')
                   and has_table_privilege(c.oid, 'SELECT WITH GRANT OPTION') as reached
            from pg_class c join pg_namespace n on n.oid = c.relnamespace join pg_roles o on o.oid = c.relowner
           where c.relkind in ('r', 'p', 'v', 'm', 'f') and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
             and not exists (select from pg_depend d
                              where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype = 'e')) t
  having count(*) > 0 and not bool_or(reached)`;
