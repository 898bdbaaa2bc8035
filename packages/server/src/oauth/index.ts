/**
 * oauth: the authorization server, built around oidc-provider.
 *
 * Owns: OAuth and OpenID Connect endpoints, clients and their secrets, consents, tokens and their verification,
 * the browser session, revocation. Does not own: how somebody proves who they are (identity), which role they get
 * (policy), the pages' looks (http gives them), live wire sessions (gateway follows `store.revocations`).
 *
 *   request ─▶ origin ─▶ request-rules ─▶ device-pace ─▶ refresh-replay ─▶ oidc-provider ─▶ artifact-adapter ─▶ store (hashes only)
 *                                                                               │    └─ client-adapter ─▶ store.clients
 *                              resource-indicators (scopes, resources) ◀────────┤
 *                              consents · interactions (sign-in, consent) ◀─────┤
 *                              token-issuance (last check, record) ◀────────────┘
 *   what goes on after a form ─▶ go-on-once ─▶ kept-answers ─▶ oidc-provider, once
 *   door ─▶ verify-credential ─┬─▶ verify-token ─▶ store      revocation ─▶ store.revocations ─▶ gateway
 *                              └─▶ direct-access ─▶ identity/provider-tokens
 *   sign-in, refresh, a door, every while ─▶ provider-word ─▶ provider ─▶ groups, or the end ─▶ revocation
 *   signing-keys/ (one follows the other) ─▶ assemble-provider: oidc-provider is put together anew for each set
 *   token-exchange · jwt-bearer ─▶ assertion-grants ─▶ token-issuance
 */

export { activePrincipal } from './accounts.ts';
export type { ApplicationDetails, Applications, WantedApplication } from './applications/index.ts';
export { createApplications } from './applications/index.ts';
export type {
  AskedAtDoor,
  AuthorizationServer,
  ConsentSummary,
  Interaction,
  RequestedAccess,
  StrongerSignIn,
  TokenVerdict,
  VerifiedToken,
} from './authorization-server.ts';
export { noteCallerAddress } from './caller-address.ts';
export type { ClientRegistration } from './client-metadata.ts';
export {
  assertRegistration,
  deviceCodeGrant,
  jwtBearerGrant,
  tokenExchangeGrant,
} from './client-metadata.ts';
export type { ClientRegistry } from './client-registry.ts';
export { assertSecretOfOurs, commandLineClient, createClientRegistry } from './client-registry.ts';
export { createAuthorizationServer } from './create-authorization-server.ts';
export type { KeptAnswer, KeptAnswers } from './kept-answers.ts';
export { createKeptAnswers } from './kept-answers.ts';
export { noteBrowser } from './noted-browser.ts';
export { addressed } from './origin.ts';
export type {
  DeviceConfirmPage,
  DeviceInputPage,
  OAuthErrorPage,
  OAuthPages,
  SignedOutPage,
} from './pages.ts';
export type { AuthorizationServerParts } from './parts.ts';
export type { DirectPasswords } from './password-access.ts';
export type { LogoutTaken, ProviderWord } from './provider-word/index.ts';
export { createProviderSessions, createProviderWord } from './provider-word/index.ts';
export type { Revoker } from './revoker.ts';
export { createRevoker } from './revoker.ts';
export { readScopes } from './scopes.ts';
export type { KeptKey, KeySchedule } from './signing-keys/index.ts';
export {
  announceKey,
  publishedAfterwardsMs,
  readKeys,
  replaceKeys,
  scheduleOf,
} from './signing-keys/index.ts';
export { consentedScopes, consentIdOf } from './stored-consent.ts';
export { tokenRefusal } from './token-refusal.ts';
