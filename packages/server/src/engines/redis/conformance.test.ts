import { Redis } from 'ioredis';
import { describe } from 'vitest';
import { testDatabase, testPermit } from '../../../../../tests/support/engine-door.ts';
import { RedisFixture, redisEngine, redisLogin } from '../../../../../tests/support/redis-fixture.ts';
import { redisVersions } from '../../../../../tests/support/redis-program.ts';
import { engineConformance } from '../conformance.ts';

describe.each(redisVersions)('Redis or Valkey %s', (version) =>
  engineConformance(async () => {
    const fixture = await RedisFixture.start({ version });
    await fixture.admin.set('present', '1');
    return {
      open: (observer) => fixture.open(observer === undefined ? {} : { observer }),
      signIn: async (door) => {
        const client = new Redis({
          port: door.port,
          password: 'token',
          lazyConnect: true,
          retryStrategy: null,
          enableReadyCheck: false,
          disableClientInfo: true,
        });
        client.on('error', () => {});
        await client.connect();
        return {
          run: async (statement) => {
            const [name = '', ...args] = statement.replace('(2 bytes)', '60').split(' ');
            return String(await client.call(name, ...args));
          },
          leave: async () => void (await client.quit()),
          vanish: () => client.disconnect(),
        };
      },
      connectWithForgedPermit: () => {
        const { host, port } = fixture.server;
        const database = testDatabase({ host, port, engine: 'redis', upstreamName: '0' }, redisLogin.login);
        const login = {
          database,
          login: redisLogin.login,
          password: undefined,
          settings: new Map([['protocol', '2']]),
          connectTimeoutMs: 1_000,
          request: 'r',
        };
        return redisEngine.connect({ ...testPermit(database, redisLogin.login) }, login);
      },
      statements: {
        one: 'EXISTS present',
        failing: 'HGETALL present',
        // As the record shows it.
        slow: 'BLPOP nothing (2 bytes)',
        unfinished: 'MULTI',
      },
      cancelEndsConnection: true,
      slowIs: (state) => fixture.blocked(state === 'running' ? 1 : 0),
      closeDoors: () => fixture.closeDoors(),
      stop: () => fixture.stop(),
    };
  }),
);
