import { spawnSync } from 'node:child_process';
import { canMakeDebianFolders, debianFolder } from './debian-folder.ts';
import { sidRedis } from './redis-program.ts';

const python = '/usr/bin/python3';

/**
 * The words that start a Python whose redis-py has streaming providers (5.3 and newer): the machine's own, or the one of
 * a newer Debian. @throws Error that says how to get it
 */
export async function pythonWithStreams(): Promise<readonly [program: string, ...args: string[]]> {
  const probe = ['-c', 'from redis.credentials import StreamingCredentialProvider'];
  if (spawnSync(python, probe, { stdio: 'ignore' }).status === 0) return [python];
  if (canMakeDebianFolders()) return ['chroot', await debianFolder(sidRedis), python];
  throw new Error(
    `This test needs redis-py 5.3 or newer: ${python} -m pip install redis, or run as root on Debian.`,
  );
}
