import { delimiter } from 'node:path';

/** Where Debian has `mariadbd`, `slapd`, `haproxy`, `pgbouncer`, `debootstrap` and `chroot`. */
const serverFolders = ['/usr/local/sbin', '/usr/sbin', '/sbin'];

/**
 * Puts the folders of servers at the end of this process's PATH, for itself and for what it starts. On Debian only root
 * has them there: for anybody else a server that was just installed would be missing. Called by whatever starts tests
 * or a bench.
 */
export function putServersOnPath(): void {
  const folders = (process.env.PATH ?? '').split(delimiter);
  const absent = serverFolders.filter((folder) => !folders.includes(folder));
  process.env.PATH = [...folders, ...absent].join(delimiter);
}
