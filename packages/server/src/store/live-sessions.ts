import type { Kysely, Selectable } from 'kysely';
import type { LiveSession, LiveSessions } from './aggregates/live-sessions.ts';
import { removeBefore } from './remove-before.ts';
import type { LiveSessionRow, Tables } from './tables.ts';

/** Rows a statement: eleven values each, far below what either body takes. */
const rowsAtOnce = 500;

/** What every gateway says of its live wire sessions. */
export function liveSessionsIn(db: Kysely<Tables>): LiveSessions {
  return {
    async publish(added, removedIds) {
      await db.transaction().execute(async (transaction) => {
        for (const sessions of batches(added)) {
          await transaction
            .insertInto('live_sessions')
            .values(sessions.map(toRow))
            // A gateway publishes again what it could not know to have arrived.
            .onConflict((conflict) => conflict.column('id').doNothing())
            .execute();
        }
        for (const ids of batches(removedIds)) {
          await transaction.deleteFrom('live_sessions').where('id', 'in', ids).execute();
        }
      });
    },

    async list({ personId, id } = {}) {
      const rows = await db
        .selectFrom('live_sessions')
        .selectAll()
        .$if(personId !== undefined, (query) => query.where('person_id', '=', personId ?? ''))
        .$if(id !== undefined, (query) => query.where('id', '=', id ?? ''))
        .orderBy('started_at')
        .orderBy('id')
        .execute();
      return rows.map(toSession);
    },

    async byCancelKey(hash) {
      const row = await db
        .selectFrom('live_sessions')
        .selectAll()
        .where('cancel_key_hash', '=', hash)
        .executeTakeFirst();
      return row === undefined ? undefined : toSession(row);
    },

    async heartbeat(gatewayId, at) {
      const { numUpdatedRows } = await db
        .updateTable('live_sessions')
        .set({ heartbeat_at: at })
        .where('gateway_id', '=', gatewayId)
        .executeTakeFirstOrThrow();
      return Number(numUpdatedRows);
    },

    async prune(before) {
      await removeBefore(db, { table: 'live_sessions', key: ['id'], time: 'heartbeat_at', before });
    },
  };
}

function batches<T>(items: readonly T[]): readonly (readonly T[])[] {
  return Array.from({ length: Math.ceil(items.length / rowsAtOnce) }, (_, index) =>
    items.slice(index * rowsAtOnce, (index + 1) * rowsAtOnce),
  );
}

function toRow(session: LiveSession): LiveSessionRow {
  return {
    id: session.id,
    gateway_id: session.gatewayId,
    person_id: session.personId,
    client_id: session.clientId,
    consent_id: session.consentId,
    database: session.database,
    role: session.role,
    remote_address: session.remoteAddress,
    started_at: session.startedAt,
    heartbeat_at: session.heartbeatAt,
    cancel_key_hash: session.cancelKeyHash,
  };
}

function toSession(row: Selectable<LiveSessionRow>): LiveSession {
  return {
    id: row.id,
    gatewayId: row.gateway_id,
    personId: row.person_id,
    clientId: row.client_id,
    consentId: row.consent_id,
    database: row.database,
    role: row.role,
    remoteAddress: row.remote_address,
    startedAt: row.started_at,
    heartbeatAt: row.heartbeat_at,
    cancelKeyHash: row.cancel_key_hash,
  };
}
