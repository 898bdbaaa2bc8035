/**
 * sign-in: getting a person's agreement, in a browser on this machine or on any other.
 *
 * Owns: the loopback address that the browser comes back to and its closing page, the device code on the terminal.
 * Does not own: the protocol (`@grantway/client`), keeping what comes of it (`credentials/`).
 *
 *   authorize ─┬─ browser ─▶ listen on 127.0.0.1:0 ─▶ open URL ─▶ callback ─▶ closing page ─▶ tokens
 *              └─ device ──▶ print address and code ─▶ wait ──────────────────────────────▶ tokens
 */
export type { SignInMethod } from './authorize.ts';
export { authorize } from './authorize.ts';
