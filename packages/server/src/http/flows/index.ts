/**
 * flows: what happens between a posted form and the redirect, each as one function that reads top to bottom.
 *
 * Owns: the order of verification, audit and effect. Does not own: HTTP (routes/) or markup (pages/).
 *
 *   sign-in: verify (throttled) ─▶ audit durably ─▶ people.seen ─▶ proven | failed | throttled
 */
export type { PasswordSignIn, SignInResult } from './sign-in.ts';
export { signInWithPassword } from './sign-in.ts';
