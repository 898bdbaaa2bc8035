import { parsePrincipalId } from '../../core/index.ts';
import type { Person } from '../../store/index.ts';

/**
 * How a page names somebody to other people. A display name is whatever a provider says it is, so the identity stands
 * behind it, unless the two are one, as for local people. Who is not known any more has the identity alone.
 */
export function nameForOthers(personId: string, person: Pick<Person, 'displayName'> | undefined): string {
  if (person === undefined) return personId;
  const { displayName } = person;
  return displayName === parsePrincipalId(personId).subject ? displayName : `${displayName} (${personId})`;
}
