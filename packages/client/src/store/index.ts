/**
 * store: where kept tokens lie between two requests, and how processes take turns at renewing one.
 *
 * Owns: the seam {@link TokenStorage} and the one adapter that needs nothing. Does not own: what is in a record. It
 * arrives sealed, and no adapter can read it. The other adapters are entries of their own (`@grantway/client/store/file`,
 * `/sql`, `/redis`), so that nobody loads a driver that they do not have; `/conformance` checks one that you write.
 *
 *   lock ──▶ 'locked' ──▶ renew at the gateway ──▶ replace ──▶ 'replaced'
 *     └────▶ 'held': wait, read again                └────────▶ 'lost': somebody took over; read again
 */
export { memoryStorage } from './memory-storage.ts';
export type { LockOutcome, TokenStorage } from './token-storage.ts';
