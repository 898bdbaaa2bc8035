/**
 * store: what the gateway remembers across restarts, in SQLite or in PostgreSQL.
 *
 * Owns: the tables and their migrations, the queries (one set for both bodies), and the promise that what may
 * happen once happens once, whatever the number of processes: single use, counting, compare-and-swap and leases
 * are one atomic statement each.
 * Does not own: what the rows mean (oauth, identity, vault …), hashing of tokens, sealing of secrets.
 *
 *                    ┌ artifacts · people · clients · attempts ┐               ┌ sqlite/    one file, one machine
 *   openStore ─▶ Store ┤ sealed-records · live-sessions         ├─▶ Kysely ─▶ ──┤
 *                    └ revocations · audit-checkpoints · locks ┘               └ postgres/  many gateways
 *       └─▶ migrate ─▶ migrations/                    conformance/: the suite that both bodies pass
 */
export { inTurn } from './in-turn.ts';
export { openStore } from './open-store.ts';
export type {
  Applications,
  Artifact,
  Artifacts,
  Attempts,
  AuditCheckpoint,
  AuditCheckpoints,
  ClientActivity,
  ClientError,
  Clients,
  ClientUse,
  Factor,
  Factors,
  LiveSession,
  LiveSessions,
  LocalPassword,
  Locks,
  People,
  Person,
  ProvisionedGroup,
  ProvisionedUser,
  RegisteredApplication,
  RegisteredClient,
  Revocation,
  Revocations,
  SealedRecord,
  SealedRecords,
  Store,
  StoredArtifact,
} from './store.ts';
export { keyKind } from './store.ts';
