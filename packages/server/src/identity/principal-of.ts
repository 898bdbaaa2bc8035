import { type Principal, parsePrincipalId } from '../core/index.ts';
import type { Person } from '../store/index.ts';

/** A stored person as a principal, with the groups and claims that the store knows of them. */
export function principalOf(person: Person): Principal {
  const { method, subject } = parsePrincipalId(person.id);
  return { method, subject, displayName: person.displayName, groups: person.groups, claims: person.claims };
}
