import { type Kysely, sql } from 'kysely';

/**
 * When a sign-in method was last heard of a person, what was provisioned of them, and what a provisioning client
 * (SCIM, RFC 7643) keeps with us. Before, a person was heard of at their sign-ins alone.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  const { schema } = db;
  await schema.alterTable('people').addColumn('heard_at', 'bigint').execute();
  await schema.alterTable('people').addColumn('provisioned', 'text').execute();
  await sql`update people set heard_at = last_sign_in_at`.execute(db);

  await schema
    .createTable('provisioned_users')
    .addColumn('id', 'text', (column) => column.notNull().primaryKey())
    .addColumn('method', 'text', (column) => column.notNull())
    .addColumn('person_id', 'text', (column) => column.notNull().unique())
    .addColumn('name_key', 'text', (column) => column.notNull())
    .addColumn('external_id', 'text')
    .addColumn('attributes', 'text', (column) => column.notNull())
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addColumn('updated_at', 'bigint', (column) => column.notNull())
    .addUniqueConstraint('provisioned_users_by_name', ['method', 'name_key'])
    .execute();
  await schema
    .createTable('provisioned_groups')
    .addColumn('id', 'text', (column) => column.notNull().primaryKey())
    .addColumn('method', 'text', (column) => column.notNull())
    .addColumn('name', 'text', (column) => column.notNull())
    .addColumn('external_id', 'text')
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addColumn('updated_at', 'bigint', (column) => column.notNull())
    .addUniqueConstraint('provisioned_groups_by_name', ['method', 'name'])
    .execute();
  await schema
    .createTable('provisioned_members')
    .addColumn('group_id', 'text', (column) =>
      column.notNull().references('provisioned_groups.id').onDelete('cascade'),
    )
    .addColumn('user_id', 'text', (column) =>
      column.notNull().references('provisioned_users.id').onDelete('cascade'),
    )
    .addPrimaryKeyConstraint('provisioned_members_key', ['group_id', 'user_id'])
    .execute();
  await schema
    .createIndex('provisioned_members_by_user')
    .on('provisioned_members')
    .columns(['user_id'])
    .execute();
}
