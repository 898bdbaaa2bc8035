import type { Applications } from './aggregates/applications.ts';
import type { Artifacts } from './aggregates/artifacts.ts';
import type { Attempts } from './aggregates/attempts.ts';
import type { AuditCheckpoints } from './aggregates/audit-checkpoints.ts';
import type { ClientActivity } from './aggregates/client-activity.ts';
import type { Clients } from './aggregates/clients.ts';
import type { Factors } from './aggregates/factors.ts';
import type { LiveSessions } from './aggregates/live-sessions.ts';
import type { Locks } from './aggregates/locks.ts';
import type { People } from './aggregates/people.ts';
import type { Provisioning } from './aggregates/provisioning.ts';
import type { Revocations } from './aggregates/revocations.ts';
import type { SealedRecords } from './aggregates/sealed-records.ts';

/**
 * What the gateway remembers, one small interface per aggregate (`aggregates/`). Both bodies (SQLite, PostgreSQL) run the
 * same Kysely queries and pass the same conformance suite.
 *
 * Rules for every method: times are wall-clock milliseconds; ids and tokens arrive already hashed; a look-up
 * that finds nothing gives `undefined`; a store that cannot answer throws, and the caller refuses (fail closed).
 */
export interface Store {
  readonly artifacts: Artifacts;
  readonly people: People;
  readonly factors: Factors;
  readonly provisioning: Provisioning;
  readonly clients: Clients;
  readonly applications: Applications;
  readonly activity: ClientActivity;
  readonly attempts: Attempts;
  readonly sealed: SealedRecords;
  readonly sessions: LiveSessions;
  readonly revocations: Revocations;
  readonly checkpoints: AuditCheckpoints;
  readonly locks: Locks;
  /** Resolves when the store answers a trivial read; used by `/healthz`. */
  ping(): Promise<void>;
  close(): Promise<void>;
}
