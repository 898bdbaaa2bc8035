import { Redis } from 'ioredis';
import {
  type Database,
  type ManagedGrants,
  type Role,
  Secret,
} from '../../packages/server/src/core/index.ts';
import { sampleDatabase } from '../../packages/server/src/core/testing/index.ts';
import { createRedisRoleManager } from '../../packages/server/src/engines/redis/roles/index.ts';
import { secretSource } from '../../packages/server/src/vault/index.ts';
import { managedSampleRoles, roleNamed, threeTemplates } from './managed-sample.ts';
import type { TestRedis } from './redis.ts';

/** The role manager with the secrets of this process's environment. */
export const redisRoleManager = createRedisRoleManager(secretSource('/'));

/** Managed roles on one server, as the configuration would give them. */
export interface ManagedRedis {
  readonly database: Database;
  readonly managerPassword: Secret;
  role(name: string): Role;
  /** Sets a password for the role's login and connects as it. */
  connectAs(name: string): Promise<Redis>;
}

/** What a manager account needs (`docs/redis.md`). */
export const managerRules = [
  '-@all',
  '+@connection',
  '+acl',
  '+cluster|nodes',
  '+command|info',
  '+command|list',
  '+config|get',
  '+config|rewrite',
  '+info',
] as const;

let counter = 0;

/** Makes a manager account. Logins are new on the server, and no role has been applied yet. */
export async function makeManagedRedis(
  server: Pick<TestRedis, 'host' | 'port' | 'adminClient'>,
  grants: Readonly<Record<string, ManagedGrants>> = threeTemplates,
): Promise<ManagedRedis> {
  const name = `cache-${process.pid}-${++counter}`;
  const managerPassword = new Secret(`manager-of-${name}`);
  const admin = await server.adminClient();
  await admin.call(
    'ACL',
    'SETUSER',
    `${name}-manager`,
    'reset',
    'on',
    `>${managerPassword.reveal()}`,
    ...managerRules,
  );
  admin.disconnect();

  const database = sampleDatabase({
    name,
    engine: 'redis',
    host: server.host,
    port: server.port,
    upstreamName: '0',
    manager: { login: `${name}-manager`, password: 'env:UNUSED' },
    roles: managedSampleRoles(grants, (role) => `${name}-${role}`),
  });
  const role = (wanted: string) => roleNamed(database, wanted);
  return {
    database,
    managerPassword,
    role,
    connectAs: async (wanted) => {
      const password = new Secret(`password-of-${wanted}`);
      await redisRoleManager.setPassword(database, managerPassword, role(wanted), password);
      const client = new Redis({
        host: server.host,
        port: server.port,
        username: role(wanted).login,
        password: password.reveal(),
        protocol: 2,
        lazyConnect: true,
        retryStrategy: null,
        enableReadyCheck: false,
        disableClientInfo: true,
      });
      // A failed test leaves it open; the end of the server is then no second failure.
      client.on('error', () => {});
      await client.connect();
      return client;
    },
  };
}
