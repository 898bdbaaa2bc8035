/**
 * signing-keys: the keys that sign ID tokens, and how one follows the other.
 *
 * Owns: when a key is published, signs, rests and goes; making and keeping them; what this process knows of them.
 * Does not own: how they are sealed (vault), what is signed with them (oidc-provider, `signed-form`), the commands
 * (operator).
 *
 *   schedule    announced ──signsFrom──▶ signing ──signsFrom of the next──▶ retired ──all it signed is over──▶ outlived
 *               └────────────────────── published in the JWKS ──────────────────────┘
 *
 *   request, timer ─▶ signing-keys (read again every second) ─▶ kept-keys ─▶ vault
 *                    └─ by age ─▶ make-keys ◀─ by command ─ operator
 */
export type { KeptKey } from './kept-keys.ts';
export { readKeys } from './kept-keys.ts';
export { announceKey, replaceKeys } from './make-keys.ts';
export type { KeySchedule } from './schedule.ts';
export { publishedAfterwardsMs, scheduleOf } from './schedule.ts';
export type { SigningKeySet, SigningKeys } from './signing-keys.ts';
export { createSigningKeys } from './signing-keys.ts';
