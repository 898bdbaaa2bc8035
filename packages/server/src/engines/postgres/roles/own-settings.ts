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
 * What takes back the settings that these logins could have made themselves (`ALTER ROLE CURRENT_USER SET …`), one statement for
 * each; none when there are none. What only an administrator can set stays: `RESET ALL` of a manager account, which is no
 * superuser, would leave it and be drift again at the next look.
 */
export async function planOwnSettings(
  client: pg.Client,
  logins: readonly string[],
): Promise<readonly PlannedStatement[]> {
  const { rows } = await client.query<OwnSetting>(ownSettingsQuery, [logins]);
  return rows.map(({ login, database, name }) => {
    const scope = database === null ? '' : `IN DATABASE ${pg.escapeIdentifier(database)} `;
    const parameter = name.split('.').map(pg.escapeIdentifier).join('.');
    return {
      sql: `ALTER ROLE ${pg.escapeIdentifier(login)} ${scope}RESET ${parameter}`,
      because: `login ${login} has a setting of its own: ${name}`,
    };
  });
}

// `role`, `session_authorization` and `seed` are in no list of the server's, and anybody may set them.
const ownSettingsQuery = `
  select r.rolname as login, d.datname as database, s.name
    from (select setrole, setdatabase, split_part(unnest(setconfig), '=', 1) as name from pg_db_role_setting) s
    join pg_roles r on r.oid = s.setrole
    left join pg_database d on d.oid = s.setdatabase
    left join pg_settings g on lower(g.name) = lower(s.name)
   where r.rolname = any ($1)
     and (g.context = 'user' or 'NO_SHOW_ALL' = any (pg_settings_get_flags(s.name))
          or has_parameter_privilege(r.oid, s.name, 'SET'))
   order by 1, 2 nulls first, 3`;
