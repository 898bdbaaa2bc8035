import type { Person } from '../store/index.ts';

/**
 * What a half-finished sign-in takes along of the person: another text after a change of password, a forced sign-out, a
 * switch-off (also one that was taken back), or when somebody else was added under the same name.
 */
export function signInStanding({ createdAt, signInEpoch }: Person): string {
  return `${createdAt} ${signInEpoch}`;
}
