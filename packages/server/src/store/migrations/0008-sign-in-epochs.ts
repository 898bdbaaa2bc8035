import type { Kysely } from 'kysely';

/** What tells a sign-in that is half done from one after a change of password, a forced sign-out or a switch-off. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .alterTable('people')
    .addColumn('sign_in_epoch', 'bigint', (column) => column.notNull().defaultTo(0))
    .execute();
}
