import type { Kysely, Transaction } from 'kysely';
import type { Tables } from './tables.ts';

/**
 * Draws the next number of the one order in which access and sign-ins end. The row stays locked until the transaction
 * commits, so whoever reads a number sees everything that was drawn before it; of a sequence of the database, entry 6
 * can become visible before entry 5, and a follower that saw 6 would never look for 5.
 */
export async function nextSequence(transaction: Transaction<Tables>): Promise<number> {
  const { sequence } = await transaction
    .updateTable('revocation_head')
    .set((set) => ({ sequence: set('sequence', '+', 1) }))
    .where('id', '=', 1)
    .returning('sequence')
    .executeTakeFirstOrThrow();
  return sequence;
}

/** The newest number, as a query of its own or within another. */
export function sequenceNow(db: Kysely<Tables>) {
  return db.selectFrom('revocation_head').select('sequence').where('id', '=', 1);
}
