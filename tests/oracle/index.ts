/**
 * tests/oracle: many people with rows of their own, over few pooled connections, doing everything at random that can
 * bring the messages of two people together. Built once for all engines. What must never be seen:
 *
 * - a row, an error or a notice of somebody else, or an answer out of order;
 * - a cancel or a kill that hits somebody who did not ask for it;
 * - a pooled connection that remembers its last user; or, unless a database shares them, a second person on one;
 * - a write that was confirmed and is not there, or one that was never committed and is.
 *
 * Owns: the plan of a run (all of it from one seed) and the acts. Does not own: servers and gateways (`tests/support`),
 * the commands and answers of MySQL (`tests/differential/mysql`).
 *
 *   run.ts ─┐                 ┌─▶ actor ─▶ session ─▶ act, act, …, last act ─┐
 *           ├─▶ runOracle ────┼─▶ actor ─▶ session ─▶ …                      ├─▶ OracleReport
 *   *.test ─┘  (seed, count)  └─▶ actor ─▶ …      (an OracleEngine's)        ┘
 *
 * An engine is a folder: `postgres/`, `mysql/`, `redis/`. It brings a world (server, gateway, tagged rows), a session
 * ({@link TalkingSession}), questions with their right answers (each by itself, and in pipelines of any of them:
 * {@link actsOf}), and the ways in which a session ends.
 */
export type { Act, OracleEngine, OracleSession } from './oracle-engine.ts';
export { oracleSuite } from './oracle-suite.ts';
export { actsOf } from './questions.ts';
export { Random } from './random.ts';
export { type OracleOptions, type OracleReport, runOracle } from './run-oracle.ts';
export type { StartedOracle, StartOracle } from './started-oracle.ts';
export { TalkingSession } from './talking-session.ts';
export { SessionEnded, Violation } from './violation.ts';
