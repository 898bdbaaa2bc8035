/**
 * redis/sentinels: what Redis Sentinels are asked, and what they say by themselves.
 *
 * Owns: signing in to a Sentinel and asking it ({@link askSentinel}), the primary as each of them names it
 * ({@link primaries}), all the servers that they watch ({@link watchedServers}), the end of connections to a server that
 * is the primary no more ({@link PrimaryWatch}).
 * Does not own: whether a server is what a Sentinel says (whoever connects looks), logins at the servers, sessions.
 *
 *   configuration ─▶ askSentinel ─┬─▶ primaries ─────▶ connect, one after the other
 *        secrets ───────┘         ├─▶ watchedServers ▶ roles, on every one
 *                                 └─▶ PrimaryWatch ──▶ demoted() of the connections that there are
 */
export { primaries } from './primaries.ts';
export { type Followed, PrimaryWatch } from './primary-watch.ts';
export { watchedServers } from './watched-servers.ts';
