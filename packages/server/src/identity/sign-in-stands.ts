import type { Person } from '../store/index.ts';

/**
 * Whether a sign-in that began at `mark` (of `people.signInMark`) still counts for a person, as the store has them now:
 * not after a change of password, a forced sign-out or a switch-off since, nor for somebody else who was added under the
 * name of one who was removed.
 */
export function signInStands(person: Person | undefined, mark: number): person is Person {
  return person !== undefined && !person.disabled && person.signInEpoch <= mark;
}
