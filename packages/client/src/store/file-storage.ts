import { closeSync, openSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import type { TokenStorage } from './token-storage.ts';

/** How long a statement waits for another process, in milliseconds. They hold the file for one statement each. */
const busyMs = 10_000;

/** A storage in a file, and how to let go of it. */
export interface FileStorage extends TokenStorage {
  close(): void;
}

/**
 * Keeps records in one file that only this account can read: an SQLite database, because a change is then all or
 * nothing for every process of the machine, also when one is killed in the middle. Not for network file systems.
 * @throws Error when the folder is missing or the file is something else
 */
export function fileStorage(path: string): FileStorage {
  // SQLite would make it readable for others first, and its side files take the mode of this one.
  closeSync(openSync(path, 'a', 0o600));
  const database = new DatabaseSync(path, { timeout: busyMs });
  database.exec(`
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = FULL;
    CREATE TABLE IF NOT EXISTS tokens (id TEXT PRIMARY KEY, text TEXT NOT NULL, owner TEXT, locked_until INTEGER) STRICT;
  `);
  const read = database.prepare('SELECT text FROM tokens WHERE id = ?');
  const write = database.prepare(
    'INSERT INTO tokens (id, text) VALUES (?, ?) ON CONFLICT (id) DO UPDATE SET text = excluded.text, owner = NULL, locked_until = NULL',
  );
  const lock = database.prepare(
    'UPDATE tokens SET owner = ?, locked_until = ? WHERE id = ? AND (locked_until IS NULL OR locked_until <= ?) RETURNING text',
  );
  const replace = database.prepare(
    'UPDATE tokens SET text = ?, owner = NULL, locked_until = NULL WHERE id = ? AND owner = ?',
  );
  const unlock = database.prepare(
    'UPDATE tokens SET owner = NULL, locked_until = NULL WHERE id = ? AND owner = ?',
  );
  const remove = database.prepare('DELETE FROM tokens WHERE id = ?');

  const textOf = (row: Record<string, unknown> | undefined): string | undefined =>
    typeof row?.text === 'string' ? row.text : undefined;

  return {
    read: async (id) => textOf(read.get(id)),
    write: async (id, text) => {
      write.run(id, text);
    },
    lock: async (id, owner, leaseMs) => {
      const now = Date.now();
      const text = textOf(lock.get(owner, now + leaseMs, id, now));
      if (text !== undefined) return { outcome: 'locked', text };
      return { outcome: read.get(id) === undefined ? 'absent' : 'held' };
    },
    replace: async (id, owner, text) => (replace.run(text, id, owner).changes === 1 ? 'replaced' : 'lost'),
    unlock: async (id, owner) => {
      unlock.run(id, owner);
    },
    delete: async (id) => {
      remove.run(id);
    },
    close: () => database.close(),
  };
}
