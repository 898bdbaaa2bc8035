import type { Kysely } from 'kysely';
import type { Revocations } from './aggregates/revocations.ts';
import { removeBefore } from './remove-before.ts';
import { nextSequence, sequenceNow } from './revocation-sequence.ts';
import type { Tables } from './tables.ts';

/** The log that gateways follow by sequence number. Some numbers are of ended sign-ins, which no gateway need hear of. */
export function revocationsIn(db: Kysely<Tables>): Revocations {
  return {
    async append(revocation, at) {
      return await db.transaction().execute(async (transaction) => {
        const sequence = await nextSequence(transaction);
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
      const { sequence } = await sequenceNow(db).executeTakeFirstOrThrow();
      return sequence;
    },

    prune: (before) => removeBefore(db, { table: 'revocations', key: ['sequence'], time: 'at', before }),
  };
}
