import { chmod, mkdir, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { Kysely } from 'kysely';
import type { Tables } from '../tables.ts';
import { NodeSqliteDialect } from './node-sqlite-dialect.ts';

/** How long a statement waits for another process's write; a write takes well under a millisecond. */
const busyTimeoutMs = 5_000;

/**
 * Opens the store's file and makes it if it is missing. Only this user can read it (mode 0600, and SQLite gives its
 * companion files the same). A write is on the disk when it returns.
 * @throws Error when the file cannot be opened, or lies where SQLite cannot share memory between processes.
 */
export async function openSqlite(path: string): Promise<Kysely<Tables>> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const file = await open(path, 'a', 0o600);
  await file.close();
  await chmod(path, 0o600);

  const database = new DatabaseSync(path, { timeout: busyTimeoutMs, enableForeignKeyConstraints: true });
  const journal = database.prepare('pragma journal_mode = wal').get()?.journal_mode;
  if (journal !== 'wal') {
    database.close();
    throw new Error(
      `The store ${path} must lie on a local disk: SQLite cannot keep its write-ahead log there.`,
    );
  }
  database.exec('pragma synchronous = full');
  return new Kysely<Tables>({ dialect: new NodeSqliteDialect(database) });
}
