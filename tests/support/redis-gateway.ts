import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { newId } from '../../packages/server/src/core/index.ts';
import { freePort } from '../../packages/server/src/demo/free-port.ts';
import { makeAuthority } from './certificates.ts';
import {
  type ConfiguredDatabase,
  type GatewayOptions,
  type SamplePerson,
  startGateway,
  type TestGateway,
} from './gateway.ts';
import { managerRules } from './managed-redis.ts';
import { startRedis, type TestRedis } from './redis.ts';
import type { RedisVersion } from './redis-program.ts';

/** The roles of the database `cache`, all managed. */
export const cacheRoles = ['admin', 'readwrite', 'readonly'] as const;
export type CacheRole = (typeof cacheRoles)[number];

/** A gateway with a Redis behind it, whose roles were made by `roles apply`. */
export interface RedisGateway {
  readonly gateway: TestGateway;
  readonly server: TestRedis;
  /** The server's administrator, past the gateway. */
  readonly admin: Redis;
  /** The user that the server knows a client's connection by. */
  userOf(client: Redis): Promise<string | undefined>;
  /** Of the Redis door. */
  readonly port: number;
  /** A token of a sample person for a role; each may have `readonly`, an editor `readwrite`, an admin all. */
  token(person: SamplePerson, role?: CacheRole): Promise<string>;
  /** A connected ioredis that signs in with a token. Ended with the gateway at the latest. */
  client(token: string): Promise<Redis>;
  stop(): Promise<void>;
}

/** The login of a role at the server. */
export function cacheLogin(role: CacheRole): string {
  return `cache_${role}`;
}

/** Starts both and applies the roles. */
export async function startRedisGateway(
  options: {
    readonly version?: RedisVersion;
    readonly database?: Partial<ConfiguredDatabase>;
    readonly config?: GatewayOptions['config'];
    /** The gateway then speaks TLS to the server, and checks it. */
    readonly tls?: boolean;
  } = {},
): Promise<RedisGateway> {
  const trusted = options.tls ? await makeTrusted() : undefined;
  const server = await startRedis({
    ...(options.version === undefined ? {} : { version: options.version }),
    acl: ['user default off'],
    ...(trusted === undefined ? {} : { tls: trusted.tls }),
  });
  const admin = await server.adminClient();
  const managerPassword = newId();
  await admin.call('ACL', 'SETUSER', 'manager', 'on', `>${managerPassword}`, ...managerRules);

  const port = await freePort();
  const gateway = await startGateway({
    ...(options.config === undefined ? {} : { config: options.config }),
    listen: { redis: `127.0.0.1:${port}` },
    env: { TEST_CACHE_MANAGER: managerPassword },
    databases: {
      cache: {
        engine: 'redis',
        host: server.host,
        port: server.port,
        tls: 'off',
        ...(trusted === undefined
          ? {}
          : { port: server.tlsPort, tls: 'verify-full', tlsCa: trusted.authorityFile }),
        manager: { login: 'manager', password: 'env:TEST_CACHE_MANAGER' },
        roles: {
          admin: { login: cacheLogin('admin'), grants: 'admin', allow: { groups: ['admin'] } },
          readwrite: {
            login: cacheLogin('readwrite'),
            grants: 'write',
            allow: { groups: ['admin', 'editor'] },
          },
          readonly: { login: cacheLogin('readonly'), grants: 'read', allow: 'everyone' },
        },
        ...options.database,
      },
    },
  }).catch(async (failure: unknown) => {
    await server.stop();
    throw failure;
  });
  await gateway.operator('roles', 'apply', 'cache');

  const clients: Redis[] = [];
  return {
    gateway,
    server,
    admin,
    port,
    userOf: async (client) => {
      const id = await client.client('ID');
      return /\buser=(\S+)/.exec(String(await admin.call('CLIENT', 'LIST', 'ID', id)))?.[1];
    },
    token: async (person, role) => {
      const scope = role === undefined ? 'db:cache' : `db:cache:${role}`;
      return (await gateway.tokens(person, { scope })).accessToken;
    },
    client: async (token) => {
      const client = new Redis({
        host: '127.0.0.1',
        port,
        username: 'me',
        password: token,
        lazyConnect: true,
        retryStrategy: null,
        maxRetriesPerRequest: 0,
        // It would ask INFO, which is @dangerous, and warn that it may not.
        enableReadyCheck: false,
      });
      clients.push(client);
      // The end of a session that a test ends is no fault of the test.
      client.on('error', () => {});
      await client.connect();
      return client;
    },
    stop: async () => {
      for (const client of [...clients, admin]) client.disconnect();
      await gateway.stop();
      await server.stop();
      await trusted?.remove();
    },
  };
}

/** A certificate for the server, and its authority in a file. */
async function makeTrusted() {
  const authority = await makeAuthority();
  const folder = await mkdtemp(join(tmpdir(), 'grantway-redis-gateway-'));
  const authorityFile = join(folder, 'ca.crt');
  await writeFile(authorityFile, authority.certificate);
  const certificate = await authority.issue(['127.0.0.1']);
  return {
    tls: { certificate, authority: authority.certificate },
    authorityFile,
    remove: () => rm(folder, { recursive: true }),
  };
}
