/**
 * provider-word: what identity providers say of people between their sign-ins.
 *
 * Owns: when a provider is asked again, what its answer or its silence changes for the person, its logout tokens, and the
 * tokens that databases take from it. Does not own: how a provider is spoken to (identity), how access ends (revocation).
 *
 *   renew ─────────▶ one at a time ─▶ reread-person ─┬─▶ people, groups        ┐
 *   identityToken ─▶ one at a time ─▶ ask-for-token  │                         ├▶ revocations
 *   takeLogout ─────────────────────▶ take-logout ───┴─▶ the word is withdrawn ┘
 */
export { createProviderSessions } from './provider-sessions.ts';
export { createProviderWord, type ProviderWord } from './provider-word.ts';
export type { LogoutTaken } from './take-logout.ts';
