import pg from 'pg';
import type { Database } from '../../../core/index.ts';
import type { Finding } from '../../role-manager.ts';
import type { ServerState } from './read-state.ts';

const quoted = pg.escapeIdentifier;

/** What is dangerous about the logins of all roles, managed or not. Pure. */
export function examineLogins({ name, roles, aws }: Database, { users }: ServerState): readonly Finding[] {
  const logins = [...new Set(roles.map(({ login }) => login))];
  return [
    ...logins.flatMap((login): readonly Finding[] => {
      const user = users.get(login);
      if (user === undefined) return [];
      return [
        ...(user.superuser ? [superuser(login)] : []),
        ...user.groups.map((group) => inGroup(login, group)),
      ];
    }),
    ...(aws?.autoCreate === true
      ? [
          {
            severity: 'note' as const,
            code: 'auto_create',
            meaning:
              'AWS makes users in the database for whoever signs in, and nothing takes them away again',
            mend: `in the config: databases.${name}.aws.autoCreate: false`,
          },
        ]
      : []),
  ];
}

function superuser(login: string): Finding {
  return {
    severity: 'danger',
    code: 'login_superuser',
    meaning: `login ${login} is a superuser and can become anybody (SET SESSION AUTHORIZATION)`,
    mend: `ALTER USER ${quoted(login)} NOCREATEUSER`,
  };
}

function inGroup(login: string, group: string): Finding {
  return {
    severity: 'warning',
    code: 'login_in_group',
    meaning: `login ${login} has whatever the group ${group} is given`,
    mend: `ALTER GROUP ${quoted(group)} DROP USER ${quoted(login)}`,
  };
}
