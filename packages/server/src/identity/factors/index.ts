/**
 * factors: what somebody proves beside a password.
 *
 * Owns: authenticator apps (TOTP, RFC 6238), passkeys (WebAuthn), recovery codes, and that each code is good once. Does
 * not own: when a factor is asked for (http, policy), the pages.
 *
 *   typed code ─▶ throttle ─┬▶ TOTP: step later than the last one ──┬▶ proven | failed | throttled
 *                           └▶ recovery code: used up ──────────────┘
 *   passkey ─▶ challenge of ours, once ─▶ signature ─▶ whose it is
 */
export { type NewApp, newApp } from './app-secret.ts';
export { orphanedAppKeys } from './orphaned-app-keys.ts';
export { type Passkeys, passkeys } from './passkeys.ts';
export { type FactorSecrets, type SecondFactors, secondFactors } from './second-factors.ts';
