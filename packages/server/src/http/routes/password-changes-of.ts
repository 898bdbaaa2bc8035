import { parsePrincipalId } from '../../core/index.ts';
import type { PasswordChanges, SignInMethod } from '../../identity/index.ts';

/** Where this person's password can be changed; undefined when their sign-in method does not keep it. */
export function passwordChangesOf(
  signInMethods: readonly SignInMethod[],
  personId: string,
): PasswordChanges | undefined {
  const { method } = parsePrincipalId(personId);
  const kept = signInMethods.find(({ name }) => name === method);
  return kept?.kind === 'password' ? kept.changes : undefined;
}
