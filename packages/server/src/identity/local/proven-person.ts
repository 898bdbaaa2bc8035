import { hashSecret } from '../../core/index.ts';
import type { LocalPassword, Person } from '../../store/index.ts';

/** Somebody whose password was proven, and the password as it was stored then. */
export interface ProvenPerson {
  readonly outcome: 'proven';
  readonly subject: string;
  readonly person: Person;
  readonly stored: LocalPassword;
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
