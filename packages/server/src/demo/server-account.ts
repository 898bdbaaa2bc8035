import { execFile } from 'node:child_process';
import { stat } from 'node:fs/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** The operating system account that a server process runs as; `undefined` means ours. */
export type ServerAccount = { readonly uid: number; readonly gid: number } | undefined;

/**
 * Chooses the account for the PostgreSQL processes. PostgreSQL refuses to run as root, so a root process gives them
 * an account that exists already: the owner of `dataDir` when there is one (a restart keeps its files readable),
 * else `postgres`, else `nobody`. Any other process runs them as itself.
 *
 * @throws when we are root and the machine has neither account
 */
export async function chooseServerAccount(dataDir: string): Promise<ServerAccount> {
  if (process.getuid?.() !== 0) return undefined;
  const owner = await stat(dataDir).catch(() => undefined);
  if (owner !== undefined && owner.uid !== 0) return { uid: owner.uid, gid: owner.gid };
  const account = (await lookUp('postgres')) ?? (await lookUp('nobody'));
  if (account === undefined) {
    throw new Error(
      'PostgreSQL refuses to run as root, and this machine has no account "postgres" or "nobody" for it. ' +
        'Run as another user, or make one: useradd --system postgres',
    );
  }
  return account;
}

async function lookUp(name: string): Promise<ServerAccount> {
  try {
    const [uid, gid] = await Promise.all([run('id', ['-u', name]), run('id', ['-g', name])]);
    return { uid: Number(uid.stdout), gid: Number(gid.stdout) };
  } catch {
    return undefined;
  }
}
