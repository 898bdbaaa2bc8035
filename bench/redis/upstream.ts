import { newId } from '../../packages/server/src/core/index.ts';
import { startRedis } from '../../tests/support/redis.ts';
import type { Upstream } from '../beside-haproxy/index.ts';

/** Starts Redis 7 in memory only, with an ACL user for the bench. */
export async function startUpstream(): Promise<Upstream> {
  const [login, password] = ['bench', newId()];
  const server = await startRedis({
    acl: ['user default off', `user ${login} on >${password} ~* &* +@all`],
    settings: { save: '""', appendonly: 'no', maxclients: '2000' },
  });
  const admin = await server.adminClient();
  const version = /redis_version:([\d.]+)/.exec(await admin.info('server'))?.[1] ?? '7';
  admin.disconnect();
  const { host, port } = server;
  return { engine: 'redis', canShare: true, host, port, login, password, version, stop: server.stop };
}
