import { mkdir, open, readFile, rename } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { type Credentials, noCredentials, parse, serialize } from './credentials.ts';
import { withFileLock } from './file-lock.ts';

/** The credentials on disk. */
export interface CredentialsFile {
  read(): Promise<Credentials>;
  /** Changes them while no other process does. What `change` gives is on disk before this resolves. */
  update(change: (credentials: Credentials) => Promise<Credentials>): Promise<Credentials>;
}

/** `$XDG_CONFIG_HOME/grantway/credentials.json`, or under `~/.config` (XDG Base Directory Specification). */
export function credentialsFile(env: Readonly<Record<string, string | undefined>>): CredentialsFile {
  const base = env.XDG_CONFIG_HOME || join(env.HOME || homedir(), '.config');
  const path = join(base, 'grantway', 'credentials.json');

  async function read(): Promise<Credentials> {
    try {
      return parse(await readFile(path, 'utf8'), path);
    } catch (thrown) {
      if (thrown instanceof Error && 'code' in thrown && thrown.code === 'ENOENT') return noCredentials;
      throw thrown;
    }
  }

  return {
    read,
    async update(change) {
      await mkdir(dirname(path), { recursive: true, mode: 0o700 });
      return withFileLock(`${path}.lock`, async () => {
        const changed = await change(await read());
        await replace(path, serialize(changed));
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
