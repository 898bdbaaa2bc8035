import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import { Failure } from '../failure.ts';

/** How long to wait for another process, in milliseconds: a refresh with all of its retries fits in. */
const patienceMs = 90_000;
const sqliteBusy = 5;

/**
 * Does `work` while no other process that comes through here with the same `path` does. The lock is one of the
 * operating system's, taken through SQLite: it is gone the moment its process is, however that ended, so there is no
 * stale lock to recognise and to steal.
 */
export async function withFileLock<T>(path: string, work: () => Promise<T>): Promise<T> {
  using database = new DatabaseSync(path, { timeout: 0 });
  await lock(database, path);
  return await work();
}

async function lock(database: DatabaseSync, path: string): Promise<void> {
  const giveUpAt = performance.now() + patienceMs;
  for (;;) {
    try {
      return database.exec('BEGIN EXCLUSIVE');
    } catch (thrown) {
      if (!(thrown instanceof Error && 'errcode' in thrown && thrown.errcode === sqliteBusy)) throw thrown;
    }
    if (performance.now() > giveUpAt) {
      throw new Failure(`Another grantway command has held ${path} for too long. End it and try again.`);
    }
    await sleep(25);
  }
}
