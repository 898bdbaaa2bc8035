import type { Kysely } from 'kysely';

/** What finds a live session when the request to cancel its statement came in at another gateway. */
export async function up(db: Kysely<unknown>): Promise<void> {
  const { schema } = db;
  await schema
    .alterTable('live_sessions')
    .addColumn('cancel_key_hash', 'text', (column) => column.notNull().defaultTo(''))
    .execute();
  await schema
    .createIndex('live_sessions_by_cancel_key')
    .on('live_sessions')
    .column('cancel_key_hash')
    .execute();
}
