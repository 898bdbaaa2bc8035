import { mkdir, open, readFile, rename } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, isAbsolute, join } from 'node:path';
import { getSystemErrorMessage } from 'node:util';
import { Failure } from '../failure.ts';
import { say, type Terminal } from '../terminal.ts';
import { type Credentials, noCredentials, parse, serialize } from './credentials.ts';
import { withFileLock } from './file-lock.ts';
import { fileSeal, isSealed } from './file-seal.ts';

/** The credentials on disk. */
export interface CredentialsFile {
  read(): Promise<Credentials>;
  /** Changes them while no other process does. What `change` gives is on disk before this resolves. */
  update(change: (credentials: Credentials) => Promise<Credentials>): Promise<Credentials>;
}

/**
 * `$XDG_CONFIG_HOME/grantway/credentials.json`, or under `~/.config` (XDG Base Directory Specification). Sealed with a
 * key of the system's key ring where there is one; else in clear, which is said when it begins.
 */
export function credentialsFile(terminal: Pick<Terminal, 'env' | 'err'>): CredentialsFile {
  const { env } = terminal;
  const configured = env.XDG_CONFIG_HOME ?? '';
  // A relative one does not count: tokens would be left in whatever folder the command was started from.
  const base = isAbsolute(configured) ? configured : join(env.HOME || homedir(), '.config');
  const path = join(base, 'grantway', 'credentials.json');
  const seal = fileSeal(path, env);

  function outOfReach(cause: unknown): Failure {
    const why =
      cause instanceof Error && 'errno' in cause && typeof cause.errno === 'number'
        ? getSystemErrorMessage(cause.errno)
        : String(cause);
    return new Failure(
      `Your tokens are kept in ${path}, which cannot be used: ${why}. Give it to your account, or name another folder in XDG_CONFIG_HOME.`,
      { cause },
    );
  }

  async function textOnDisk(): Promise<string | undefined> {
    try {
      return await readFile(path, 'utf8');
    } catch (thrown) {
      if (thrown instanceof Error && 'code' in thrown && thrown.code === 'ENOENT') return undefined;
      throw outOfReach(thrown);
    }
  }

  async function read(text: string | undefined): Promise<Credentials> {
    return text === undefined ? noCredentials : parse(await seal.open(text), path);
  }

  /** The text to write in place of `before`. */
  async function textOf(changed: Credentials, before: string | undefined): Promise<string> {
    const clear = serialize(changed);
    if (changed.logins.size === 0) return clear;
    const sealed = await seal.seal(clear);
    if (sealed.outcome === 'sealed') return sealed.text;
    const wasInClear = before !== undefined && !isSealed(before) && parse(before, path).logins.size > 0;
    if (sealed.outcome === 'unavailable' && !wasInClear) {
      say(
        terminal,
        `There is no key ring to use here: ${path} keeps your tokens, for your account alone to read.`,
      );
    }
    return clear;
  }

  return {
    read: async () => await read(await textOnDisk()),
    async update(change) {
      await mkdir(dirname(path), { recursive: true, mode: 0o700 }).catch((thrown: unknown) => {
        throw outOfReach(thrown);
      });
      return withFileLock(`${path}.lock`, async () => {
        const before = await textOnDisk();
        const changed = await change(await read(before));
        await replace(path, await textOf(changed, before));
        if (changed.logins.size === 0) await seal.forget();
        return changed;
      });
    },
  };
}

/** Whoever reads at any moment sees the old file or the new one, never a part. Called under the lock. */
async function replace(path: string, text: string): Promise<void> {
  const temporary = `${path}.new`;
  {
    await using file = await open(temporary, 'w', 0o600);
    // The file may be left over from a process that was killed, with a mode of its own.
    await file.chmod(0o600);
    await file.writeFile(text);
    await file.sync();
  }
  await rename(temporary, path);
}
