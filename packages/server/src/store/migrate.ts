import type { Kysely } from 'kysely';
import { Migrator } from 'kysely/migration';
import { migrations } from './migrations/index.ts';
import type { Tables } from './tables.ts';

const migrationTable = 'grantway_migration';

/**
 * Brings the tables up to date. Safe when several processes start together: all steps run in one transaction under
 * a lock of the database, and whoever comes second finds nothing to do.
 * @throws Error when a step fails (nothing of it stays), or when a newer Grantway wrote this store.
 */
export async function migrate(db: Kysely<Tables>): Promise<void> {
  const migrator = new Migrator({
    db,
    provider: { getMigrations: async () => ({ ...migrations }) },
    migrationTableName: migrationTable,
    migrationLockTableName: `${migrationTable}_lock`,
  });
  const { error } = await migrator.migrateToLatest();
  if (error === undefined) return;
  if (error instanceof Error && /previously executed migration .* is missing/.test(error.message)) {
    throw new Error(
      'This store was written by a newer version of Grantway. Start that version, or restore a backup from before the upgrade.',
      { cause: error },
    );
  }
  throw new Error(
    'The tables of the store could not be brought up to date. The cause names the statement; nothing was changed.',
    { cause: error },
  );
}
