/**
 * engines: one folder per database protocol, all behind one seam.
 *
 * Owns: wire formats, the handshake on both sides, carrying messages, proving a connection idle, cancelling,
 * making the logins of managed roles, and the driver that the HTTP API uses.
 * Does not own: who may do what (policy), what a token means (oauth), when a connection is reused (gateway),
 * records (audit). An engine hears of statements and reports them; it never judges them.
 *
 *   client ══▶ <engine>/accept ─▶ Client ─┐
 *                                         ├─▶ <engine>/relay ─▶ StatementObserver
 *   server ◀══ <engine>/connect ◀ Permit ─┘
 */
export type {
  Accepted,
  CancelKey,
  CancelOutcome,
  Client,
  Door,
  Engine,
  EngineTraits,
  FinishedStatement,
  Lease,
  LoginRenewal,
  Multiplexer,
  PeerOutcome,
  Relay,
  RelayEnd,
  StatementObserver,
  Upstream,
  UpstreamLogin,
} from './engine.ts';
export { boundUnread, readIntoOneBuffer } from './framing/index.ts';
export { mysqlEngine } from './mysql/index.ts';
export { postgresEngine } from './postgres/index.ts';
export type {
  CommandDriver,
  CommandRequest,
  QueryDriver,
  QueryRequest,
  QueryResult,
  QueryValue,
} from './query-driver.ts';
export { JsonText } from './query-driver.ts';
export { createRedisEngine } from './redis/index.ts';
export type { Finding, OwnChanges, PlannedStatement, RoleManager } from './role-manager.ts';
