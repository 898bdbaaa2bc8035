import { type AllowRule, type ClaimValue, type Principal, principalId } from '../core/index.ts';

/** Whether a rule lets a principal in, and the reason in words that an operator reads in `grantway explain`. */
export interface RuleMatch {
  readonly matched: boolean;
  readonly why: string;
}

/**
 * Matches one allow rule. Every comparison is of whole values of one type and case-exact: `admin` is not
 * `admin-readonly`, `"1"` is not `1`, and a claim that is a list equals no single value.
 * An empty rule (no groups, no users, no claims) lets nobody in.
 *
 * A `users` entry is a principal id, `method:subject`. An entry without a colon names a person of the method
 * `local`; with a colon it is never read as a bare subject, so that a local person who chose the name
 * `corp:alice` is not taken for alice of `corp`.
 */
export function matchRule(rule: AllowRule, principal: Principal, clientId: string): RuleMatch {
  switch (rule.kind) {
    case 'everyone':
      return { matched: true, why: 'the rule is for everyone who is signed in' };
    case 'groups': {
      const shared = rule.anyOf.find((group) => principal.groups.includes(group));
      return shared === undefined
        ? {
            matched: false,
            why: `is in ${list('no group', principal.groups)}, not in any that the rule names`,
          }
        : { matched: true, why: `is in the group ${JSON.stringify(shared)}` };
    }
    case 'users': {
      const entry = rule.anyOf.find((candidate) => namesPrincipal(candidate, principal));
      return entry === undefined
        ? { matched: false, why: `${JSON.stringify(principalId(principal))} is not among the users` }
        : { matched: true, why: `is named as ${JSON.stringify(entry)}` };
    }
    case 'clients':
      return rule.anyOf.includes(clientId)
        ? { matched: true, why: `comes through the client ${JSON.stringify(clientId)}` }
        : {
            matched: false,
            why: `comes through the client ${JSON.stringify(clientId)}, which the rule does not name`,
          };
    case 'claims':
      return matchClaims(rule.equal, principal.claims);
  }
}

function namesPrincipal(entry: string, principal: Principal): boolean {
  if (entry.includes(':')) return entry === principalId(principal);
  return principal.method === 'local' && entry === principal.subject;
}

function matchClaims(
  wanted: Readonly<Record<string, string | number | boolean>>,
  claims: Readonly<Record<string, ClaimValue>>,
): RuleMatch {
  const names = Object.keys(wanted);
  // Without this an empty rule would match vacuously, and let everybody in.
  if (names.length === 0) return { matched: false, why: 'the rule names no claim' };
  for (const name of names) {
    // Own properties only: a rule about `constructor` must not find Object.prototype's.
    if (!Object.hasOwn(claims, name)) return { matched: false, why: `has no claim ${JSON.stringify(name)}` };
    if (claims[name] !== wanted[name])
      return {
        matched: false,
        why: `the claim ${JSON.stringify(name)} is ${JSON.stringify(claims[name])}, not ${JSON.stringify(wanted[name])}`,
      };
  }
  return {
    matched: true,
    why: `has ${names.map((n) => `${n} = ${JSON.stringify(wanted[n])}`).join(' and ')}`,
  };
}

function list(none: string, names: readonly string[]): string {
  if (names.length === 0) return none;
  return `${names.length === 1 ? 'the group' : 'the groups'} ${names.map((name) => JSON.stringify(name)).join(', ')}`;
}
