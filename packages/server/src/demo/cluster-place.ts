import { createHash } from 'node:crypto';
import { chmod, chown, lstat, mkdir, readlink, realpath, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { chooseServerAccount } from './server-account.ts';

/**
 * Gives the directory for the demo's PostgreSQL files: `postgres` in the data directory.
 *
 * The data directory is closed to everybody but us. When we are root, PostgreSQL runs as somebody else and could not
 * reach its files in there; they then lie below `/var/lib/grantway`, and `postgres` is a link to them. Whoever removes
 * the data directory resets the demo: files that no link names any more are removed at the next start.
 */
export async function clusterPlace(dataDir: string): Promise<string> {
  const name = join(dataDir, 'postgres');
  const account = await chooseServerAccount(name);
  if (account === undefined || (await isDirectory(name))) return name;

  const digest = createHash('sha256')
    .update(await realpath(dataDir))
    .digest('hex');
  const place = `/var/lib/grantway/demo-${digest.slice(0, 16)}`;
  if ((await linkTarget(name)) !== place) {
    await rm(place, { recursive: true, force: true });
    await rm(name, { force: true });
  }
  await mkdir(place, { recursive: true, mode: 0o755 });
  // A strict umask must not close the way to it.
  for (const folder of ['/var/lib/grantway', place]) await chmod(folder, 0o755);
  await chown(place, account.uid, account.gid);
  if ((await linkTarget(name)) === undefined) await symlink(place, name);
  return join(place, 'data');
}

/** True when the demo ran as its owner before, whom root's PostgreSQL then runs as. */
async function isDirectory(path: string): Promise<boolean> {
  const found = await lstat(path).catch(() => undefined);
  return found?.isDirectory() === true;
}

async function linkTarget(path: string): Promise<string | undefined> {
  const found = await lstat(path).catch(() => undefined);
  return found?.isSymbolicLink() === true ? await readlink(path) : undefined;
}
