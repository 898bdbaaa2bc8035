import type { Redis } from 'ioredis';
import { newId } from '../../../packages/server/src/core/index.ts';
import { freePort } from '../../../packages/server/src/demo/free-port.ts';
import { startGateway, type TestGateway } from '../../support/gateway.ts';
import { startRedis } from '../../support/redis.ts';
import { type RedisVersion, redisVersions } from '../../support/redis-program.ts';
import { oraclePeople } from '../oracle-people.ts';
import type { WorldOptions } from '../started-oracle.ts';
import { payload, rowsEach } from '../tagged.ts';

/** A gateway with people who all have the same role, and two tokens each; a server with tagged keys. */
export interface World {
  readonly gateway: TestGateway;
  /** Of the Redis door. */
  readonly port: number;
  /** Access tokens by the number of the person. */
  readonly tokens: readonly string[];
  /** Others of the same people, to sign in with again. */
  readonly freshTokens: readonly string[];
  readonly administrator: Redis;
  stop(): Promise<void>;
}

const login = 'app_editor';

/** Starts it all, in about five seconds. */
export async function startWorld({ version, people, poolSize, shared }: WorldOptions): Promise<World> {
  const password = newId();
  // It may do everything, so that only the gateway refuses.
  const acl = ['user default off', `user ${login} on >${password} ~* &* +@all`];
  const server = await startRedis({ version: known(version), acl });
  const administrator = await server.adminClient();
  const stopServer = async () => {
    administrator.disconnect();
    await server.stop();
  };
  try {
    for (let person = 0; person < people; person += 1) await fill(administrator, person);
    const everybody = await oraclePeople(people);
    const port = await freePort();
    const gateway = await startGateway({
      listen: { redis: `127.0.0.1:${port}` },
      env: { TEST_APP: password },
      config: everybody.config,
      databases: {
        cache: {
          engine: 'redis',
          host: server.host,
          port: server.port,
          tls: 'off',
          pool: { size: poolSize },
          shareAcrossPeople: shared,
          roles: { editor: { login, password: 'env:TEST_APP', allow: { groups: ['editor'] } } },
        },
      },
    });
    return {
      gateway,
      port,
      tokens: await everybody.tokens(gateway, 'db:cache:editor'),
      freshTokens: await everybody.tokens(gateway, 'db:cache:editor'),
      administrator,
      stop: async () => {
        await gateway.stop();
        await stopServer();
      },
    };
  } catch (thrown) {
    await stopServer();
    throw thrown;
  }
}

async function fill(administrator: Redis, person: number): Promise<void> {
  const payloads = Array.from({ length: rowsEach }, (_, n) => payload(person, n));
  await administrator.mset(payloads.flatMap((one, n) => [`t:${person}:${n}`, one]));
  await administrator.rpush(`l:${person}`, ...payloads);
  await administrator.hset(`h:${person}`, 'owner', String(person));
  await administrator.set(`big:${person}`, `p${person} `.repeat(10_000));
}

function known(version: string | undefined): RedisVersion {
  if (version === undefined) return '7';
  const found = redisVersions.find((one) => one === version);
  if (found === undefined) throw new Error(`--version is one of ${redisVersions.join(', ')}`);
  return found;
}
