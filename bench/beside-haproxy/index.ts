/**
 * bench/beside-haproxy: what the benches of the wire protocols share that compare Grantway with HAProxy in TCP mode.
 *
 * Owns: gateway and HAProxy in front of one server, interleaved rounds of any load, the profile, the report.
 * Does not own: the server, the program that makes the load, and what its numbers are called (bench/mysql, bench/redis).
 *
 *   load ─┬──────────────────────▶ server      direct
 *         ├─▶ HAProxy, mode tcp ──▶   "         what a proxy in C reaches that never looks
 *         └─▶ Grantway, audit on ─▶   "         what we build
 */
export { type ProfiledLoad, profileGateway } from './profile-gateway.ts';
export { type BesideHaproxyResult, writeReport } from './report.ts';
export { type Load, type LoadRow, measureRounds } from './rounds.ts';
export { startTargets, type Target, type TargetName, targetNames, type Upstream } from './targets.ts';
