import { execFile } from 'node:child_process';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { chooseServerAccount, type ServerAccount } from '../../packages/server/src/demo/server-account.ts';
import { canMakeDebianFolders, type DebianFolder, debianFolder } from './debian-folder.ts';
import type { ServerDirectory } from './redis-files.ts';

const run = promisify(execFile);

/** The servers that the Redis engine is tested with. */
export const redisVersions = ['7', '8', 'valkey-9'] as const;
export type RedisVersion = (typeof redisVersions)[number];

interface Build {
  readonly program: 'redis-server' | 'valkey-server';
  /** What `--version` begins with. */
  readonly says: string;
  /** Where Debian has it, when the machine's own is another version. */
  readonly folder: DebianFolder;
  /** Names a server that runs already. */
  readonly variable: string;
}

/** Redis 8 and Valkey 9 share a folder: their packages do not conflict. */
export const sidRedis: DebianFolder = { suite: 'sid', packages: ['redis-server', 'valkey-server'] };

const builds: Readonly<Record<RedisVersion, Build>> = {
  '7': {
    program: 'redis-server',
    says: 'Redis server v=7.',
    folder: { suite: 'bookworm', packages: ['redis-server'] },
    variable: 'GRANTWAY_TEST_REDIS_URL',
  },
  '8': {
    program: 'redis-server',
    says: 'Redis server v=8.',
    folder: sidRedis,
    variable: 'GRANTWAY_TEST_REDIS_8_URL',
  },
  'valkey-9': {
    program: 'valkey-server',
    says: 'Valkey server v=9.',
    folder: sidRedis,
    variable: 'GRANTWAY_TEST_VALKEY_URL',
  },
};

/** How to start one version, and where its files may be. */
export interface RedisProgram {
  readonly command: readonly [program: string, ...args: string[]];
  /** The account of the process, for a command that does not change it by itself. */
  readonly account: ServerAccount;
  /** Who the server's files must belong to. */
  readonly owner: ServerAccount;
  /** A fresh directory: the path as we see it, and as the server does. */
  makeDirectory(): Promise<ServerDirectory>;
}

/** The connection string of a server that runs already, when the environment names one. */
export function runningRedis(version: RedisVersion): string | undefined {
  return process.env[builds[version].variable];
}

/**
 * Finds the program: on the PATH when it is this version, else in a Debian folder.
 * @throws Error that says how to get it
 */
export async function findRedis(version: RedisVersion): Promise<RedisProgram> {
  const { program, says, folder, variable } = builds[version];
  const owner = await chooseServerAccount(tmpdir());
  if (await isOnPath(program, says)) {
    return {
      command: [program],
      account: owner,
      owner,
      makeDirectory: async () => {
        const ours = await mkdtemp(join(tmpdir(), 'grantway-redis-test-'));
        return { ours, servers: ours };
      },
    };
  }
  if (!canMakeDebianFolders()) {
    throw new Error(
      `This test needs ${program} ${version}: put it on the PATH, or run ` +
        `docker compose up --detach --wait and name it in ${variable} (compose.yaml), or run as root on Debian.`,
    );
  }
  const root = await debianFolder(folder);
  const userspec = owner === undefined ? [] : [`--userspec=${owner.uid}:${owner.gid}`];
  return {
    command: ['chroot', ...userspec, root, program],
    account: undefined,
    owner,
    makeDirectory: async () => {
      const ours = await mkdtemp(join(root, 'tmp', 'grantway-redis-test-'));
      return { ours, servers: ours.slice(root.length) };
    },
  };
}

async function isOnPath(program: string, says: string): Promise<boolean> {
  const answer = await run(program, ['--version']).catch(() => undefined);
  return answer?.stdout.startsWith(says) ?? false;
}
