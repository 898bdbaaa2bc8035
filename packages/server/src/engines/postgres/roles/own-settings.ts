import pg from 'pg';
import type { PlannedStatement } from '../../role-manager.ts';

/** A setting that the server keeps for the sessions of a role. Logins can make some of them themselves. */
export interface OwnSetting {
  readonly role: string;
  /** The database that it is for; null for all. */
  readonly database: string | null;
  readonly name: string;
  /** Whether the manager account may take it back. */
  readonly resettable: boolean;
}

/** Reads the settings of these roles, in the manager's session. */
export async function readOwnSettings(
  client: pg.Client,
  roles: readonly string[],
): Promise<readonly OwnSetting[]> {
  return (await client.query<OwnSetting>(ownSettingsQuery, [roles])).rows;
}

/**
 * What takes the settings back; by hand those that the manager account may not. Its own one by one, because its `RESET ALL`
 * fails as a whole where it meets one of these: any login could then keep an apply from everything else. Pure.
 */
export function planOwnSettings(settings: readonly OwnSetting[]): readonly PlannedStatement[] {
  const ours = settings.filter(({ resettable }) => resettable);
  const left = settings.filter(({ resettable }) => !resettable);
  // A superuser's RESET ALL takes all, and some nothing else does: "parameter "seed" cannot be reset".
  const byRoleAndDatabase = Map.groupBy(left, (setting) => resetSql(setting, 'ALL'));
  return [
    ...ours.map((setting) => ({
      sql: resetSql(setting, setting.name.split('.').map(pg.escapeIdentifier).join('.')),
      because: `${setting.role} has a setting of its own: ${setting.name}`,
    })),
    ...[...byRoleAndDatabase].map(([sql, some]) => ({
      sql,
      because: `${some[0]?.role} has settings of its own that only a superuser can take back: ${some.map(({ name }) => name).join(', ')}`,
      byHand: true as const,
    })),
  ];
}

function resetSql({ role, database }: OwnSetting, what: string): string {
  const where = database === null ? '' : `IN DATABASE ${pg.escapeIdentifier(database)} `;
  return `ALTER ROLE ${pg.escapeIdentifier(role)} ${where}RESET ${what}`;
}

// The manager account may reset what everybody may set. `role` and `session_authorization` are in no list of the
// server's. From PostgreSQL 16 on `seed` and those of one transaction are for superusers to reset.
const ownSettingsQuery = `
  select r.rolname as role, d.datname as database, s.name,
         'NO_RESET' <> all (flags)
           and (coalesce(g.context = 'user', false) or 'NO_SHOW_ALL' = any (flags) or has_parameter_privilege(s.name, 'SET'))
           as resettable
    from (select setrole, setdatabase, split_part(unnest(setconfig), '=', 1) as name from pg_db_role_setting) s
    join pg_roles r on r.oid = s.setrole
    left join pg_database d on d.oid = s.setdatabase
    left join pg_settings g on lower(g.name) = lower(s.name)
   cross join coalesce(pg_settings_get_flags(s.name), '{}') as flags
   where r.rolname = any ($1)
   order by 1, 2 nulls first, 3`;
