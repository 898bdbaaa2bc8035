import { hashSecret, type Principal } from '../../core/index.ts';
import type { LocalPassword, Person } from '../../store/index.ts';

/** Somebody whose password was proven, and the password as it was stored then. */
export interface ProvenPerson {
  readonly outcome: 'proven';
  readonly subject: string;
  readonly person: Person;
  readonly stored: LocalPassword;
}

/** Who was proven, with what the store knows of them. */
export function principalOf(method: string, { subject, person }: ProvenPerson): Principal {
  return { method, subject, displayName: person.displayName, groups: person.groups, claims: person.claims };
}

/** Why the right password is good for nothing now; undefined when it is good. */
export function lapseOf(
  person: Person,
  { expiresAt }: LocalPassword,
  now: number,
): 'expired_password' | 'disabled' | undefined {
  if (expiresAt !== undefined && expiresAt <= now) return 'expired_password';
  return person.disabled ? 'disabled' : undefined;
}

/** Names a stored password without giving its hash away; another password, also the same one set again, has another. */
export function versionOf({ hash }: LocalPassword): string {
  return hashSecret(hash);
}
