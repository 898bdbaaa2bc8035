import type { DebianFolder } from './debian-folder.ts';
import type { ServerBuild } from './server-program.ts';

/** The servers that the Redis engine is tested with. */
export const redisVersions = ['7', '8', 'valkey-9'] as const;
export type RedisVersion = (typeof redisVersions)[number];

/** Redis 8, Valkey 9 and a newer redis-py share a folder: their packages do not conflict. */
export const sidRedis: DebianFolder = {
  suite: 'sid',
  packages: ['redis-server', 'valkey-server', 'python3-redis'],
};

/** What each version is, and where it comes from. */
export const redisBuilds: Readonly<Record<RedisVersion, ServerBuild>> = {
  '7': {
    program: 'redis-server',
    title: 'Redis 7',
    says: /^Redis server v=7\./,
    folder: { suite: 'bookworm', packages: ['redis-server'] },
    variable: 'GRANTWAY_TEST_REDIS_URL',
  },
  '8': {
    program: 'redis-server',
    title: 'Redis 8',
    says: /^Redis server v=8\./,
    folder: sidRedis,
    variable: 'GRANTWAY_TEST_REDIS_8_URL',
  },
  'valkey-9': {
    program: 'valkey-server',
    title: 'Valkey 9',
    says: /^Valkey server v=9\./,
    folder: sidRedis,
    variable: 'GRANTWAY_TEST_VALKEY_URL',
  },
};
