import { closeSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

const sqliteBusy = 5;

/** Held while the directory is this process's own. */
export interface DirectoryLock {
  release(): void;
}

/**
 * Takes the directory for this process. The lock is SQLite's on a file without content: the system drops it when the
 * process dies, however it dies, and it does not mistake a reused process id for its owner, as a bare pid file would
 * in a container, where every gateway is process 1.
 *
 * Waits, and blocks this thread, for `waitMs` at the most for another process to let go of it.
 * @throws an Error that says `inUse`, or why there is no lock, on a full disk for example
 */
export function lockDirectory(
  directory: string,
  {
    waitMs = 0,
    inUse,
  }: {
    readonly waitMs?: number;
    /** What to say when another process has it, named by its id. */
    readonly inUse: (processId: string) => string;
  },
): DirectoryLock {
  const pidFile = join(directory, 'writer.pid');
  const lockFile = join(directory, 'writer.lock');
  closeSync(openSync(lockFile, 'a', 0o600));
  const database = new DatabaseSync(lockFile, { timeout: waitMs });
  try {
    database.exec('PRAGMA journal_mode = OFF; BEGIN EXCLUSIVE');
  } catch (cause) {
    database.close();
    if (cause instanceof Error && 'errcode' in cause && cause.errcode === sqliteBusy)
      throw new Error(inUse(ownerOf(pidFile)), { cause });
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`The directory ${directory} cannot be locked: ${reason}.`, { cause });
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
