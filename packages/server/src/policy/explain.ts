import type { AllowRule, Database, Principal } from '../core/index.ts';
import { matchRule } from './allow-rule.ts';

/** Why one role of a database is or is not a principal's, for `grantway explain`. */
export interface RoleExplanation {
  readonly role: string;
  readonly matched: boolean;
  /** True for the role that a token without a named role gives. */
  readonly isDefault: boolean;
  /** The rule in words: `anyone in the groups "admin", "editor"`. */
  readonly rule: string;
  /** What decided it, in words, about the principal: `is in the group "editor"`. */
  readonly why: string;
}

/** Explains every role of the database, in the order of the config. Uses the same matching as the decision. */
export function explain(
  principal: Principal,
  clientId: string,
  database: Database,
): readonly RoleExplanation[] {
  const matches = database.roles.map((role) => ({ role, ...matchRule(role.allow, principal, clientId) }));
  const defaultRole = matches.find((match) => match.matched)?.role;
  return matches.map(({ role, matched, why }) => ({
    role: role.name,
    matched,
    isDefault: role === defaultRole,
    rule: inWords(role.allow),
    why,
  }));
}

function inWords(rule: AllowRule): string {
  switch (rule.kind) {
    case 'everyone':
      return 'everyone';
    case 'groups':
      return `anyone in one of the groups ${quoted(rule.anyOf)}`;
    case 'users':
      return `the users ${quoted(rule.anyOf)}`;
    case 'clients':
      return `anyone who comes through one of the clients ${quoted(rule.anyOf)}`;
    case 'claims':
      return `anyone whose claims say ${Object.entries(rule.equal)
        .map(([name, value]) => `${name} = ${JSON.stringify(value)}`)
        .join(' and ')}`;
  }
}

function quoted(names: readonly string[]): string {
  return names.map((name) => JSON.stringify(name)).join(', ');
}
