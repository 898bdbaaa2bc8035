import { type PasswordMethod, passwordMethods } from '../postgres/password-methods.ts';
import { digestPassword } from './digest-password.ts';
import { redshiftAuthentication } from './protocol.ts';

/** Ways to prove a password to Redshift, by the code of the server's request. */
export const redshiftMethods: ReadonlyMap<number, PasswordMethod> = new Map([
  ...passwordMethods,
  [redshiftAuthentication.digest, digestPassword(Date.now)],
]);
