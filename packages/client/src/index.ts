/**
 * @grantway/client: sign in to a Grantway and hold a fresh database token. Node.js and browsers alike.
 *
 * Owns: discovery with an exact issuer check, the authorization-code and device flows, refresh, revocation, and
 * the query API. Does not own: where tokens are kept and who waits for whom between processes (the caller's), and
 * the database protocols (any stock driver takes the access token as the password).
 *
 *   discover ─▶ startAuthorization ─▶ browser ─▶ finish(callback) ─┬─▶ tokens ─▶ password of psql, pg, JDBC …
 *          └──▶ startDevice ─▶ any browser ─▶ wait() ──────────────┤        └─▶ query()
 *                                              refresh() ◀─────────┘
 */
export type { AccessRequest } from './access.ts';
export type { PendingAuthorization } from './authorization-code.ts';
export { startAuthorization } from './authorization-code.ts';
export type { PendingDevice } from './device-code.ts';
export { startDevice } from './device-code.ts';
export type { GrantwayErrorCode } from './errors.ts';
export { GrantwayError } from './errors.ts';
export type { Gateway } from './gateway.ts';
export { discover } from './gateway.ts';
export { isLoopbackHost } from './loopback.ts';
export type { Query, QueryResult } from './query.ts';
export { query, queryStream } from './query.ts';
export type { RefreshOutcome } from './refresh.ts';
export { refresh } from './refresh.ts';
export { revoke } from './revoke.ts';
export { signedForm } from './signed-form.ts';
export type { Connection, Tokens } from './tokens.ts';
