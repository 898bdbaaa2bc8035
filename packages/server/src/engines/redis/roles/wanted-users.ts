import type { Database } from '../../../core/index.ts';
import { type ManagedRole, managedRoles } from '../../managed-roles.ts';
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
  return managedRoles(database).map((role) => ({ login: loginName(role.login), rights: rightsOf(role) }));
}

function rightsOf({ login, grants }: ManagedRole): UserRights {
  switch (grants.kind) {
    case 'template':
      return { root: { commands: templates[grants.template], ...everything }, selectors: [] };
    case 'statements':
      return parseRules(grants.statements, login);
  }
}
