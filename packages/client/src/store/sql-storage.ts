import type { Kysely } from 'kysely';
import type { TokenStorage } from './token-storage.ts';

/** The table that {@link sqlStorage} uses, for your own migrations. */
export interface TokenTable {
  /** At most 64 characters; the primary key. */
  id: string;
  text: string;
  owner: string | null;
  /** Wall-clock milliseconds, 64 bits. Drivers give such numbers as text. */
  locked_until: number | string | null;
}

/** A database with the table in it; yours may have more. */
export interface TokenTables {
  grantway_tokens: TokenTable;
}

/** Makes the table if it is not there. */
export async function createTokenTable(database: Kysely<TokenTables>): Promise<void> {
  await database.schema
    .createTable('grantway_tokens')
    .ifNotExists()
    .addColumn('id', 'varchar(64)', (column) => column.primaryKey())
    .addColumn('text', 'text', (column) => column.notNull())
    .addColumn('owner', 'varchar(64)')
    .addColumn('locked_until', 'bigint')
    .execute();
}

/**
 * Keeps records in a table of a database that Kysely speaks to: PostgreSQL, MySQL, SQLite. You bring the instance, made
 * with your own driver. Leases are counted by the clocks of the processes; when those differ, processes wait too long
 * or come too early, and the fence keeps what is written right.
 */
export function sqlStorage(database: Kysely<TokenTables>): TokenStorage {
  const free = { owner: null, locked_until: null } as const;

  async function read(id: string): Promise<string | undefined> {
    const row = await database
      .selectFrom('grantway_tokens')
      .select('text')
      .where('id', '=', id)
      .executeTakeFirst();
    return row?.text;
  }

  async function overwrite(id: string, text: string): Promise<boolean> {
    const changed = await database
      .updateTable('grantway_tokens')
      .set({ text, ...free })
      .where('id', '=', id)
      .executeTakeFirst();
    return changed.numUpdatedRows > 0n;
  }

  return {
    read,
    write: async (id, text) => {
      if (await overwrite(id, text)) return;
      try {
        await database
          .insertInto('grantway_tokens')
          .values({ id, text, ...free })
          .execute();
      } catch (thrown) {
        // Every database has its own words for "somebody was quicker"; when that is not why, the row is not there.
        if (!(await overwrite(id, text))) throw thrown;
      }
    },
    lock: async (id, owner, leaseMs) => {
      const now = Date.now();
      const taken = await database
        .updateTable('grantway_tokens')
        .set({ owner, locked_until: now + leaseMs })
        .where('id', '=', id)
        .where((free) => free.or([free('locked_until', 'is', null), free('locked_until', '<=', now)]))
        .executeTakeFirst();
      if (taken.numUpdatedRows === 0n) {
        return { outcome: (await read(id)) === undefined ? 'absent' : 'held' };
      }
      const row = await database
        .selectFrom('grantway_tokens')
        .select('text')
        .where('id', '=', id)
        .where('owner', '=', owner)
        .executeTakeFirst();
      // Removed or written anew between the two statements: whoever did that is ahead of us.
      return row === undefined ? { outcome: 'held' } : { outcome: 'locked', text: row.text };
    },
    replace: async (id, owner, text) => {
      const changed = await database
        .updateTable('grantway_tokens')
        .set({ text, ...free })
        .where('id', '=', id)
        .where('owner', '=', owner)
        .executeTakeFirst();
      return changed.numUpdatedRows > 0n ? 'replaced' : 'lost';
    },
    unlock: async (id, owner) => {
      await database
        .updateTable('grantway_tokens')
        .set(free)
        .where('id', '=', id)
        .where('owner', '=', owner)
        .execute();
    },
    delete: async (id) => {
      await database.deleteFrom('grantway_tokens').where('id', '=', id).execute();
    },
  };
}
