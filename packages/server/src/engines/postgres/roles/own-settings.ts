import pg from 'pg';
import type { PlannedStatement } from '../../role-manager.ts';

/** A setting that somebody keeps for the sessions of a login. */
interface OwnSetting {
  readonly login: string;
  /** The database that it is for; null for all. */
  readonly database: string | null;
  readonly name: string;
}

/**
 * What takes back the settings that these logins can have made themselves (`ALTER ROLE CURRENT_USER SET …`); nothing when
 * there are none. One by one: `RESET ALL` is refused as a whole because of some that it cannot reset. Those are left, as is
 * what only an administrator can have set.
 */
export async function planOwnSettings(
  client: pg.Client,
  logins: readonly string[],
): Promise<readonly PlannedStatement[]> {
  const { rows } = await client.query<OwnSetting>(ownSettingsQuery, [logins]);
  return rows.map(({ login, database, name }) => {
    const where = database === null ? '' : `IN DATABASE ${pg.escapeIdentifier(database)} `;
    const parameter = name.split('.').map(pg.escapeIdentifier).join('.');
    return {
      sql: `ALTER ROLE ${pg.escapeIdentifier(login)} ${where}RESET ${parameter}`,
      because: `login ${login} has a setting of its own: ${name}`,
    };
  });
}

// The manager account may reset what everybody may set. `role` and `session_authorization` are in no list of the
// server's. From PostgreSQL 16 on `seed` and those of one transaction are for superusers to reset.
const ownSettingsQuery = `
  select r.rolname as login, d.datname as database, s.name
    from (select setrole, setdatabase, split_part(unnest(setconfig), '=', 1) as name from pg_db_role_setting) s
    join pg_roles r on r.oid = s.setrole
    left join pg_database d on d.oid = s.setdatabase
    left join pg_settings g on lower(g.name) = lower(s.name)
   cross join coalesce(pg_settings_get_flags(s.name), '{}') as flags
   where r.rolname = any ($1) and 'NO_RESET' <> all (flags)
     and (g.context = 'user' or 'NO_SHOW_ALL' = any (flags) or has_parameter_privilege(s.name, 'SET'))
   order by 1, 2 nulls first, 3`;
