import { type LoginProof, type PasswordMethod, passwordMethods } from '../postgres/for-variations.ts';
import { digestPassword } from './digest-password.ts';
import { redshiftAuthentication } from './protocol.ts';

const methods: ReadonlyMap<number, PasswordMethod> = new Map([
  ...passwordMethods,
  [redshiftAuthentication.digest, digestPassword(Date.now)],
]);

/** How a password is proven to Redshift. */
export const passwordProof: LoginProof = { startup: [], methods, scram: true, unasked: true };
