import { type Kysely, sql } from 'kysely';
import type { StoreLocation } from '../config/index.ts';
import { type Clock, Refusal } from '../core/index.ts';
import { applicationsIn } from './applications.ts';
import { artifactsIn } from './artifacts.ts';
import { attemptsIn } from './attempts.ts';
import { auditCheckpointsIn } from './audit-checkpoints.ts';
import { clientActivityIn } from './client-activity.ts';
import { clientsIn } from './clients.ts';
import { factorsIn } from './factors.ts';
import { liveSessionsIn } from './live-sessions.ts';
import { locksIn } from './locks.ts';
import { migrate } from './migrate.ts';
import { peopleIn } from './people.ts';
import { openPostgres } from './postgres/index.ts';
import { provisioningIn } from './provisioning.ts';
import { revocationsIn } from './revocations.ts';
import { sealedRecordsIn } from './sealed-records.ts';
import { openSqlite } from './sqlite/index.ts';
import type { Store } from './store.ts';
import type { Tables } from './tables.ts';

/**
 * Opens the store and brings its tables up to date. The URL of a PostgreSQL store is the connection string itself:
 * a secret reference is resolved by the caller.
 * @throws Error when the store cannot be reached or opened, or was written by a newer Grantway.
 */
export async function openStore(location: StoreLocation, clock: Clock): Promise<Store> {
  const db = location.kind === 'sqlite' ? await openSqlite(location.path) : openPostgres(location.url);
  try {
    await ping(db).catch((thrown: unknown) => {
      const cause = thrown instanceof Refusal ? thrown.cause : thrown;
      throw new Error(
        `The store cannot be reached: ${cause instanceof Error ? cause.message : String(cause)}`,
        {
          cause,
        },
      );
    });
    await migrate(db);
  } catch (thrown) {
    await db.destroy();
    throw thrown;
  }
  return storeOn(db, clock);
}

function storeOn(db: Kysely<Tables>, clock: Clock): Store {
  return {
    artifacts: artifactsIn(db, clock),
    people: peopleIn(db),
    factors: factorsIn(db),
    provisioning: provisioningIn(db),
    clients: clientsIn(db),
    applications: applicationsIn(db),
    activity: clientActivityIn(db),
    attempts: attemptsIn(db),
    sealed: sealedRecordsIn(db),
    sessions: liveSessionsIn(db),
    revocations: revocationsIn(db),
    checkpoints: auditCheckpointsIn(db),
    locks: locksIn(db),
    ping: () => ping(db),
    async close() {
      await db.destroy();
    },
  };
}

async function ping(db: Kysely<Tables>): Promise<void> {
  await sql`select 1`.execute(db);
}
