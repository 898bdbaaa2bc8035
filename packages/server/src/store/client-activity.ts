import type { Kysely } from 'kysely';
import { hashSecret } from '../core/index.ts';
import type { ClientActivity } from './aggregates/client-activity.ts';
import { removeBefore } from './remove-before.ts';
import type { Tables } from './tables.ts';

const errorsListed = 20;
const usesListed = 1_000;

/** What clients did for whom, and what went wrong for them: one row for each person, and for each sentence. */
export function clientActivityIn(db: Kysely<Tables>): ClientActivity {
  return {
    async used({ clientId, personId, database, role }, at) {
      const last = { last_at: at, database: database ?? null, role: role ?? null };
      await db
        .insertInto('client_uses')
        .values({ client_id: clientId, person_id: personId, times: 1, first_at: at, ...last })
        .onConflict((conflict) =>
          conflict.columns(['client_id', 'person_id']).doUpdateSet(({ eb, lit }) => ({
            ...last,
            times: eb('client_uses.times', '+', lit(1)),
          })),
        )
        .execute();
    },

    async uses(by) {
      const rows = await db
        .selectFrom('client_uses')
        .selectAll()
        .$if('clientId' in by, (query) => query.where('client_id', '=', 'clientId' in by ? by.clientId : ''))
        .$if('personId' in by, (query) => query.where('person_id', '=', 'personId' in by ? by.personId : ''))
        .orderBy('last_at', 'desc')
        .limit(usesListed)
        .execute();
      return rows.map((row) => ({
        clientId: row.client_id,
        personId: row.person_id,
        times: row.times,
        firstAt: row.first_at,
        lastAt: row.last_at,
        ...(row.database !== null && { database: row.database }),
        ...(row.role !== null && { role: row.role }),
      }));
    },

    async failed({ clientId, error, sentence }, at) {
      await db
        .insertInto('client_errors')
        .values({
          client_id: clientId,
          sentence_hash: hashSecret(`${error} ${sentence}`),
          error,
          sentence,
          times: 1,
          last_at: at,
        })
        .onConflict((conflict) =>
          conflict.columns(['client_id', 'sentence_hash']).doUpdateSet(({ eb, lit }) => ({
            last_at: at,
            times: eb('client_errors.times', '+', lit(1)),
          })),
        )
        .execute();
      // Anybody can make mistakes in the name of a client: the newest are enough.
      await db
        .deleteFrom('client_errors')
        .where('client_id', '=', clientId)
        .where('sentence_hash', 'not in', (query) =>
          query
            .selectFrom('client_errors')
            .select('sentence_hash')
            .where('client_id', '=', clientId)
            .orderBy('last_at', 'desc')
            .orderBy('sentence_hash')
            .limit(errorsListed),
        )
        .execute();
    },

    async errors(clientId) {
      const rows = await db
        .selectFrom('client_errors')
        .select(['error', 'sentence', 'times', 'last_at'])
        .where('client_id', '=', clientId)
        .orderBy('last_at', 'desc')
        .orderBy('sentence_hash')
        .execute();
      return rows.map(({ last_at, ...row }) => ({ ...row, lastAt: last_at }));
    },

    async prune(before) {
      const time = 'last_at';
      await removeBefore(db, { table: 'client_uses', key: ['client_id', 'person_id'], time, before });
      await removeBefore(db, { table: 'client_errors', key: ['client_id', 'sentence_hash'], time, before });
    },
  };
}
