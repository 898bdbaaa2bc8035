import { spawnSync } from 'node:child_process';
import { canMakeDebianFolders, debianFolder } from './debian-folder.ts';
import { sidMysql } from './mysql-builds.ts';

const python = '/usr/bin/python3';

/**
 * The words that start a Python with MySQL's own driver: the machine's, or that of a newer Debian.
 * @throws Error that says how to get it
 */
export async function pythonWithMysqlConnector(): Promise<readonly [program: string, ...args: string[]]> {
  if (spawnSync(python, ['-c', 'import mysql.connector'], { stdio: 'ignore' }).status === 0) return [python];
  if (canMakeDebianFolders()) return ['chroot', await debianFolder(sidMysql), python];
  throw new Error(
    `This test needs mysql-connector-python: ${python} -m pip install mysql-connector-python, or run as root on Debian.`,
  );
}
