import type { Kysely } from 'kysely';
import { sql } from 'kysely';

/**
 * The first tables. Only types that SQLite and PostgreSQL share: `text`, `bigint` (milliseconds, counters) and
 * `integer` (flags).
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  const { schema } = db;

  await schema
    .createTable('artifacts')
    .addColumn('model', 'text', (column) => column.notNull())
    .addColumn('id_hash', 'text', (column) => column.notNull())
    .addColumn('payload', 'text', (column) => column.notNull())
    .addColumn('expires_at', 'bigint')
    .addColumn('grant_id', 'text')
    .addColumn('uid_hash', 'text')
    .addColumn('user_code_hash', 'text')
    .addColumn('account_id', 'text')
    .addColumn('client_id', 'text')
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addColumn('consumed_at', 'bigint')
    .addPrimaryKeyConstraint('artifacts_key', ['model', 'id_hash'])
    .execute();
  const artifactIndexes = {
    artifacts_by_grant: ['grant_id'],
    artifacts_by_uid: ['uid_hash', 'model'],
    artifacts_by_user_code: ['user_code_hash', 'model'],
    artifacts_by_account: ['account_id', 'model'],
    artifacts_by_client: ['client_id', 'model'],
    artifacts_by_expiry: ['expires_at'],
  } as const;
  for (const [name, columns] of Object.entries(artifactIndexes)) {
    const [first] = columns;
    await schema
      .createIndex(name)
      .on('artifacts')
      .columns([...columns])
      .where(first, 'is not', null)
      .execute();
  }

  await schema
    .createTable('people')
    .addColumn('id', 'text', (column) => column.notNull().primaryKey())
    .addColumn('display_name', 'text', (column) => column.notNull())
    .addColumn('groups', 'text', (column) => column.notNull())
    .addColumn('claims', 'text', (column) => column.notNull())
    .addColumn('disabled', 'integer', (column) => column.notNull().defaultTo(0))
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addColumn('last_sign_in_at', 'bigint')
    .execute();
  await schema
    .createTable('local_passwords')
    .addColumn('person_id', 'text', (column) => column.notNull().primaryKey())
    .addColumn('hash', 'text', (column) => column.notNull())
    .addColumn('expires_at', 'bigint')
    .addColumn('configured', 'text')
    .execute();

  await schema
    .createTable('clients')
    .addColumn('id', 'text', (column) => column.notNull().primaryKey())
    .addColumn('origin', 'text', (column) => column.notNull())
    .addColumn('metadata', 'text', (column) => column.notNull())
    .addColumn('disabled', 'integer', (column) => column.notNull().defaultTo(0))
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .execute();
  await schema
    .createTable('client_secrets')
    .addColumn('client_id', 'text', (column) => column.notNull().references('clients.id').onDelete('cascade'))
    .addColumn('secret_hash', 'text', (column) => column.notNull())
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addColumn('expires_at', 'bigint')
    .addPrimaryKeyConstraint('client_secrets_key', ['client_id', 'secret_hash'])
    .execute();

  await schema
    .createTable('attempts')
    .addColumn('key_hash', 'text', (column) => column.notNull().primaryKey())
    .addColumn('count', 'bigint', (column) => column.notNull())
    .addColumn('ends_at', 'bigint', (column) => column.notNull())
    .execute();
  await schema.createIndex('attempts_by_end').on('attempts').column('ends_at').execute();

  await schema
    .createTable('sealed_records')
    .addColumn('kind', 'text', (column) => column.notNull())
    .addColumn('id', 'text', (column) => column.notNull())
    .addColumn('envelope', 'text', (column) => column.notNull())
    .addColumn('key_kind', 'text')
    .addColumn('key_id', 'text')
    .addColumn('revision', 'bigint', (column) => column.notNull())
    .addPrimaryKeyConstraint('sealed_records_key', ['kind', 'id'])
    .addForeignKeyConstraint('sealed_under', ['key_kind', 'key_id'], 'sealed_records', ['kind', 'id'])
    .addCheckConstraint('sealed_under_a_key', sql`(key_id is null) = (key_kind is null)`)
    .execute();
  await schema
    .createIndex('sealed_records_by_key')
    .on('sealed_records')
    .columns(['key_kind', 'key_id'])
    .execute();

  await schema
    .createTable('live_sessions')
    .addColumn('id', 'text', (column) => column.notNull().primaryKey())
    .addColumn('gateway_id', 'text', (column) => column.notNull())
    .addColumn('person_id', 'text', (column) => column.notNull())
    .addColumn('client_id', 'text', (column) => column.notNull())
    .addColumn('consent_id', 'text', (column) => column.notNull())
    .addColumn('database', 'text', (column) => column.notNull())
    .addColumn('role', 'text', (column) => column.notNull())
    .addColumn('remote_address', 'text', (column) => column.notNull())
    .addColumn('started_at', 'bigint', (column) => column.notNull())
    .addColumn('heartbeat_at', 'bigint', (column) => column.notNull())
    .execute();
  await schema.createIndex('live_sessions_by_gateway').on('live_sessions').column('gateway_id').execute();

  await schema
    .createTable('revocations')
    .addColumn('sequence', 'bigint', (column) => column.notNull().primaryKey())
    .addColumn('kind', 'text', (column) => column.notNull())
    .addColumn('subject', 'text', (column) => column.notNull())
    .addColumn('reason', 'text', (column) => column.notNull())
    .addColumn('at', 'bigint', (column) => column.notNull())
    .execute();
  await schema
    .createTable('revocation_head')
    .addColumn('id', 'integer', (column) => column.notNull().primaryKey())
    .addColumn('sequence', 'bigint', (column) => column.notNull())
    .execute();
  await sql`insert into revocation_head (id, sequence) values (1, 0)`.execute(db);

  await schema
    .createTable('audit_checkpoints')
    .addColumn('chain', 'text', (column) => column.notNull().primaryKey())
    .addColumn('sequence', 'bigint', (column) => column.notNull())
    .addColumn('hash', 'text', (column) => column.notNull())
    .addColumn('at', 'bigint', (column) => column.notNull())
    .addColumn('signature', 'text', (column) => column.notNull())
    .execute();

  await schema
    .createTable('locks')
    .addColumn('name', 'text', (column) => column.notNull().primaryKey())
    .addColumn('owner', 'text', (column) => column.notNull())
    .addColumn('held_until', 'bigint', (column) => column.notNull())
    .execute();
}
