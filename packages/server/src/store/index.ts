/**
 * store: what the gateway remembers across restarts, in SQLite or in PostgreSQL.
 *
 * Owns: the tables and their migrations, the queries (one set for both bodies), and the promise that what may
 * happen once happens once, whatever the number of processes: single use, counting, compare-and-swap and leases
 * are one atomic statement each; and that one process at a time has a folder of files.
 * Does not own: what the rows mean (oauth, identity, vault …), hashing of tokens, sealing of secrets.
 *
 *                aggregates/: what is promised                   ┌ sqlite/    one file, one machine
 *   openStore ─▶ Store, one part for each aggregate ─▶ Kysely ─▶ ┤
 *       │        people.ts, clients.ts …: the queries            └ postgres/  many gateways
 *       └─▶ migrate ─▶ migrations/        conformance/: the suite that both bodies pass
 */
export * from './aggregates/index.ts';
export { lockDirectory } from './directory-lock.ts';
export { inTurn } from './in-turn.ts';
export { openStore } from './open-store.ts';
export type { Store } from './store.ts';
