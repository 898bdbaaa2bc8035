/**
 * flows: what happens between a posted form and the redirect, each as one function that reads top to bottom.
 *
 * Owns: the order of verification, audit and effect. Does not own: HTTP (routes/) or markup (pages/).
 *
 *   sign-in:  mark ─▶ verify (throttled), or a provider's answer ─▶ not ended since ─▶ audit durably ─▶ people.seen
 *               ─▶ proven | first_secret | failed | throttled
 *   factor:   checkCode (throttled, once), or a passkey of the person ─▶ audit durably ─▶ proven | failed | throttled
 *   password: prepare (proof throttled) ─▶ audit durably ─▶ apply ─▶ sign out everywhere ─▶ changed | refused | …
 *   sign-out that a provider asks: end browser sessions, or everything ─▶ where to tell it so
 */
export { addApp } from './add-app.ts';
export type { PasswordChange } from './change-password.ts';
export { changePassword } from './change-password.ts';
export { concludeSignIn, type SignInParts } from './conclude-sign-in.ts';
export { proveByCode } from './prove-by-code.ts';
export { proveByPasskey } from './prove-by-passkey.ts';
export { signInAtProvider } from './sign-in-at-provider.ts';
export { signInWithPassword } from './sign-in-with-password.ts';
export { signOutByProvider } from './sign-out-by-provider.ts';
