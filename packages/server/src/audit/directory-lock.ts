import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

/** Held while the process writes to the directory. */
export interface DirectoryLock {
  release(): void;
}

/**
 * Takes the directory for this process. The lock is SQLite's on a file without content: the system drops it when the
 * process dies, however it dies, and it does not mistake a reused process id for its owner, as a bare pid file would
 * in a container, where every gateway is process 1.
 *
 * @param waitMs how long to wait, and block this thread, for another process to let go of it
 * @throws an Error that names the process which holds it
 */
export function lockDirectory(directory: string, waitMs: number): DirectoryLock {
  const pidFile = join(directory, 'writer.pid');
  const database = new DatabaseSync(join(directory, 'writer.lock'), { timeout: waitMs });
  try {
    database.exec('PRAGMA journal_mode = OFF; BEGIN EXCLUSIVE');
  } catch (cause) {
    database.close();
    throw new Error(
      `The audit directory ${directory} is in use by another Grantway (process ${ownerOf(pidFile)}). ` +
        'Stop it, or give this one a dataDir of its own.',
      { cause },
    );
  }
  writeFileSync(pidFile, `${process.pid}\n`, { mode: 0o600 });
  return { release: () => database.close() };
}

function ownerOf(pidFile: string): string {
  try {
    return readFileSync(pidFile, 'utf8').trim() || 'unknown';
  } catch {
    return 'unknown';
  }
}
