import { type Database, Refusal, type Role } from '../../../core/index.ts';
import { loginName } from './login-name.ts';
import { parseRules, type UserRights } from './parse-rules.ts';
import { everything, templates } from './templates.ts';

/** One managed role as the server should know it: an ACL user. */
export interface WantedUser {
  readonly login: string;
  readonly rights: UserRights;
}

/**
 * What the configuration wants of the server.
 * @throws Refusal `request_invalid` for a name or rule that cannot be what the operator means
 */
export function wantedUsers(database: Database): readonly WantedUser[] {
  const users = database.roles.flatMap((role) =>
    role.grants === undefined ? [] : [{ login: loginName(role.login), rights: rightsOf(role, role.grants) }],
  );
  const logins = new Set<string>();
  for (const { login } of users) {
    if (logins.has(login)) {
      throw new Refusal('request_invalid', {
        what: `Two roles of "${database.name}" share the login "${login}".`,
      });
    }
    logins.add(login);
  }
  return users;
}

function rightsOf({ login }: Role, grants: NonNullable<Role['grants']>): UserRights {
  switch (grants.kind) {
    case 'template':
      return { root: { commands: templates[grants.template], ...everything }, selectors: [] };
    case 'statements':
      return parseRules(grants.statements, login);
  }
}
