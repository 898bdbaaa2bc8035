/**
 * proxy: a local port that needs no password, for programs that cannot be given a fresh token.
 *
 * Owns: who may use the port, the way to the gateway's door, and of each protocol the login and nothing after it.
 * Does not own: tokens (`database-token.ts`), what is sent once somebody is signed in (bytes, in both directions).
 *
 *   program ─▶ local-port ─▶ loopback-peer (this user?) ─▶ <engine>-hop: login with a fresh token ─▶ the gateway's door
 *                                                                └─▶ bytes ◀─▶ bytes
 */
export { openLocalPort } from './local-port.ts';
