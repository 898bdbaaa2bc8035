import type { Database } from '../../../core/index.ts';
import { type ManagedRole, managedRoles } from '../../managed-roles.ts';
import { roleName } from './identifier.ts';
import { type OperatorStatements, parseOperatorStatements } from './operator-statements.ts';
import { type Template, templates } from './templates.ts';

/** One managed role as the server should know it. */
export type WantedRole =
  | (WantedLogin & { readonly kind: 'template'; readonly template: Template; readonly group: string })
  | (WantedLogin & { readonly kind: 'statements'; readonly statements: OperatorStatements });

interface WantedLogin {
  readonly login: string;
  readonly connectionLimit: number;
}

/**
 * What the configuration wants of the server. Group roles carry the database's name, because roles belong to the whole
 * server and two databases on it must not share rights.
 *
 * @throws Refusal `request_invalid` for a name or statement that cannot be what the operator means
 */
export function wantedRoles(database: Database): readonly WantedRole[] {
  return managedRoles(database).map((role) => wanted(database, role));
}

function wanted(database: Database, role: ManagedRole): WantedRole {
  const { grants } = role;
  const login = roleName(role.login);
  // One more than the pool may open, so that a password can be tried while the pool is full.
  const connectionLimit = database.pool.size + 1;
  switch (grants.kind) {
    case 'template':
      return {
        kind: 'template',
        login,
        connectionLimit,
        template: templates[grants.template],
        group: roleName(`grantway_${database.name}_${grants.template}`),
      };
    case 'statements':
      return {
        kind: 'statements',
        login,
        connectionLimit,
        statements: parseOperatorStatements(grants.statements, login),
      };
  }
}

/** The group roles, each once. */
export function groupsOf(wanted: readonly WantedRole[]): readonly string[] {
  return [...new Set(wanted.flatMap((role) => (role.kind === 'template' ? [role.group] : [])))];
}

/** A role and everything that it may hold directly. */
export interface Holder {
  readonly name: string;
  readonly privileges: Template['privileges'];
}

/** The roles whose rights a template decides: groups hold the template's, their logins hold nothing themselves. */
export function holdersOf(wanted: readonly WantedRole[]): readonly Holder[] {
  const holders = new Map<string, Holder>();
  for (const role of wanted) {
    if (role.kind !== 'template') continue;
    holders.set(role.group, { name: role.group, privileges: role.template.privileges });
    holders.set(role.login, { name: role.login, privileges: nothing });
  }
  return [...holders.values()];
}

const nothing: Template['privileges'] = { DATABASE: [], SCHEMA: [], TABLE: [], SEQUENCE: [] };
