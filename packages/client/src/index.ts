/**
 * @grantway/client: connect a person's database through a Grantway and hold a fresh token for it. Node.js and browsers.
 *
 * Owns: discovery with an exact issuer check, the authorization-code and device flows, refresh, revocation, tokens kept
 * sealed and fresh for many processes, and the query API. Does not own: the database protocols (any stock driver takes
 * the access token as the password; `drivers/` tells each how to ask for a new one).
 *
 *   createGrantwayClient ─▶ begin ─▶ browser ─▶ finish ─▶ kept, sealed ─▶ token() · password() · follow() · disconnect()
 *
 *   discover ─▶ startAuthorization ─▶ browser ─▶ finish(callback) ─┬─▶ tokens ─▶ password of psql, pg, JDBC …
 *          └──▶ startDevice ─▶ any browser ─▶ wait() ──────────────┤        └─▶ query()
 *                                              refresh() ◀─────────┘
 */
export type { AccessRequest } from './access.ts';
export type {
  AuthorizationRecord,
  CallbackOutcome,
  PendingAuthorization,
} from './authorization-code.ts';
export { finishAuthorization, prepareAuthorization, startAuthorization } from './authorization-code.ts';
export type { PendingDevice } from './device-code.ts';
export { startDevice } from './device-code.ts';
export type { GrantwayErrorCode } from './errors.ts';
export { GrantwayError } from './errors.ts';
export type { Gateway } from './gateway.ts';
export { discover } from './gateway.ts';
export type {
  GrantwayClient,
  GrantwayClientOptions,
  Holder,
  LiveToken,
  LiveTokenListener,
  SignInOutcome,
  TokenOutcome,
} from './keeper/index.ts';
export { createGrantwayClient } from './keeper/index.ts';
export { isLoopbackHost } from './loopback.ts';
export type { Query, QueryResult } from './query.ts';
export { query, queryStream } from './query.ts';
export type { RefreshLimits, RefreshOutcome } from './refresh.ts';
export { refresh } from './refresh.ts';
export { revoke } from './revoke.ts';
export type { KeyRingOptions } from './sealing/index.ts';
export { signedForm } from './signed-form.ts';
export type { LockOutcome, TokenStorage } from './store/index.ts';
export { memoryStorage } from './store/index.ts';

export type { Connection, Tokens } from './tokens.ts';
