import { hash, randomBytes, randomUUID } from 'node:crypto';

/**
 * A fresh unguessable identifier: `prefix` + 43 URL-safe characters (256 random bits, base64url).
 * With the prefix `gwt_` it is 47 characters, well under the 79 that `mysql -p` can take.
 */
export function newId(prefix = ''): string {
  return prefix + randomBytes(32).toString('base64url');
}

/** A fresh random UUID for rows and records, where uniqueness is wanted and secrecy is not. */
export function newUuid(): string {
  return randomUUID();
}

/**
 * The form in which a high-entropy bearer value (token, code, session id, client secret that we made) is stored:
 * SHA-256 as base64url, 43 characters. Not for passwords that people choose: those get argon2id.
 */
export function hashSecret(value: string): string {
  return hash('sha256', value, 'base64url');
}
