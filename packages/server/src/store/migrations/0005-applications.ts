import type { Kysely } from 'kysely';

/** What an application is to its developer: whose it is and how far it got, what it did last, what went wrong. */
export async function up(db: Kysely<unknown>): Promise<void> {
  const { schema } = db;
  await schema
    .createTable('applications')
    .addColumn('client_id', 'text', (column) =>
      column.notNull().primaryKey().references('clients.id').onDelete('cascade'),
    )
    .addColumn('owner', 'text')
    .addColumn('state', 'text', (column) => column.notNull())
    .addColumn('logo', 'text')
    .addColumn('decided_by', 'text')
    .execute();
  await schema.createIndex('applications_by_owner').on('applications').column('owner').execute();

  await schema
    .createTable('client_uses')
    .addColumn('client_id', 'text', (column) => column.notNull())
    .addColumn('person_id', 'text', (column) => column.notNull())
    .addColumn('times', 'bigint', (column) => column.notNull())
    .addColumn('first_at', 'bigint', (column) => column.notNull())
    .addColumn('last_at', 'bigint', (column) => column.notNull())
    .addColumn('database', 'text')
    .addColumn('role', 'text')
    .addPrimaryKeyConstraint('client_uses_key', ['client_id', 'person_id'])
    .execute();
  await schema.createIndex('client_uses_by_person').on('client_uses').column('person_id').execute();
  await schema.createIndex('client_uses_by_time').on('client_uses').column('last_at').execute();

  await schema
    .createTable('client_errors')
    .addColumn('client_id', 'text', (column) => column.notNull())
    .addColumn('sentence_hash', 'text', (column) => column.notNull())
    .addColumn('error', 'text', (column) => column.notNull())
    .addColumn('sentence', 'text', (column) => column.notNull())
    .addColumn('times', 'bigint', (column) => column.notNull())
    .addColumn('last_at', 'bigint', (column) => column.notNull())
    .addPrimaryKeyConstraint('client_errors_key', ['client_id', 'sentence_hash'])
    .execute();
  await schema.createIndex('client_errors_by_time').on('client_errors').column('last_at').execute();
}
