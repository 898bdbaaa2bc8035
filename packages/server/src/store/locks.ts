import type { Kysely } from 'kysely';
import type { Locks } from './aggregates/locks.ts';
import type { Tables } from './tables.ts';

/** Leases, taken and taken over in one statement. */
export function locksIn(db: Kysely<Tables>): Locks {
  return {
    async acquire(name, owner, until, at) {
      const { numInsertedOrUpdatedRows } = await db
        .insertInto('locks')
        .values({ name, owner, held_until: until })
        .onConflict((conflict) =>
          conflict
            .column('name')
            .doUpdateSet({ owner, held_until: until })
            .where((where) =>
              where.or([where('locks.owner', '=', owner), where('locks.held_until', '<=', at)]),
            ),
        )
        .executeTakeFirstOrThrow();
      return numInsertedOrUpdatedRows === 1n;
    },

    async release(name, owner) {
      await db.deleteFrom('locks').where('name', '=', name).where('owner', '=', owner).execute();
    },
  };
}
