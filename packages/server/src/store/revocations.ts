import type { Kysely } from 'kysely';
import type { Revocations } from './aggregates/revocations.ts';
import type { Tables } from './tables.ts';

/**
 * The log that gateways follow by sequence number. A number is drawn by updating one row, whose lock is held until
 * the entry is committed; a sequence of the database would let entry 6 become visible before entry 5, and a
 * follower that saw 6 would never look for 5.
 */
export function revocationsIn(db: Kysely<Tables>): Revocations {
  return {
    async append(revocation, at) {
      return await db.transaction().execute(async (transaction) => {
        const { sequence } = await transaction
          .updateTable('revocation_head')
          .set((set) => ({ sequence: set('sequence', '+', 1) }))
          .where('id', '=', 1)
          .returning('sequence')
          .executeTakeFirstOrThrow();
        await transaction
          .insertInto('revocations')
          .values({
            sequence,
            kind: revocation.kind,
            subject: revocation.subject,
            reason: revocation.reason,
            at,
          })
          .execute();
        return sequence;
      });
    },

    async since(sequence) {
      return await db
        .selectFrom('revocations')
        .select(['sequence', 'kind', 'subject', 'reason'])
        .where('sequence', '>', sequence)
        .orderBy('sequence')
        .execute();
    },

    async head() {
      const { sequence } = await db
        .selectFrom('revocation_head')
        .select('sequence')
        .where('id', '=', 1)
        .executeTakeFirstOrThrow();
      return sequence;
    },

    async prune(before) {
      const { numDeletedRows } = await db
        .deleteFrom('revocations')
        .where('at', '<', before)
        .executeTakeFirstOrThrow();
      return Number(numDeletedRows);
    },
  };
}
