import type { Kysely } from 'kysely';
import type { AuditCheckpoints } from './aggregates/audit-checkpoints.ts';
import type { Tables } from './tables.ts';

/** The newest head of each audit chain. An older one never replaces a newer, or a cut tail could cover its trace. */
export function auditCheckpointsIn(db: Kysely<Tables>): AuditCheckpoints {
  return {
    async put(checkpoint) {
      const { chain, ...head } = checkpoint;
      await db
        .insertInto('audit_checkpoints')
        .values({ chain, ...head })
        .onConflict((conflict) =>
          conflict
            .column('chain')
            .doUpdateSet(head)
            .where('audit_checkpoints.sequence', '<=', checkpoint.sequence),
        )
        .execute();
    },

    async latest(chain) {
      return await db
        .selectFrom('audit_checkpoints')
        .selectAll()
        .where('chain', '=', chain)
        .executeTakeFirst();
    },
  };
}
