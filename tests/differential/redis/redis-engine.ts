import type { Redis } from 'ioredis';
import { newId } from '../../../packages/server/src/core/index.ts';
import { freePort } from '../../../packages/server/src/demo/free-port.ts';
import { startGateway, type TestGateway } from '../../support/gateway.ts';
import { startRedis, type TestRedis } from '../../support/redis.ts';
import type { RedisVersion } from '../../support/redis-program.ts';
import type { DifferentialEngine, Way } from '../transcribe.ts';
import { RedisRun, type RedisRunOptions } from './redis-run.ts';
import type { RedisStep } from './steps.ts';

/** What cases use of the list of refused commands, so that the server's own answers can be compared. */
const allowCommands: readonly string[] = [
  ...['EVAL', 'EVAL_RO', 'EVALSHA', 'EVALSHA_RO', 'FCALL', 'FCALL_RO', 'FUNCTION', 'SCRIPT'],
  ...[
    'KEYS',
    'FLUSHALL',
    'FLUSHDB',
    'RESTORE',
    'MOVE',
    'SWAPDB',
    'DEBUG',
    'CONFIG',
    'ROLE',
    'LATENCY',
    'SLOWLOG',
  ],
];

const logins = { everything: 'app_everything', limited: 'app_limited' } as const;

interface Parts {
  readonly server: TestRedis;
  readonly gateway: TestGateway;
  readonly administrator: Redis;
  readonly targets: Readonly<Record<Way, RedisRunOptions['targets']>>;
}

/** Both ways to one server, as the same two users. */
export class RedisDifferentialServer {
  readonly #parts: Parts;

  private constructor(parts: Parts) {
    this.#parts = parts;
  }

  static async start(
    version: RedisVersion,
    database: Readonly<Record<string, unknown>> = {},
  ): Promise<RedisDifferentialServer> {
    const password = newId();
    const server = await startRedis({
      version,
      acl: [
        'user default off',
        `user ${logins.everything} on >${password} ~* &* +@all`,
        `user ${logins.limited} on >${password} ~app:* &app:* -@all +@read +@write +@pubsub +@connection +@transaction -@dangerous -del`,
      ],
      settings: { 'enable-debug-command': 'yes', 'busy-reply-threshold': '1' },
    });
    const port = await freePort();
    const role = (login: string) => ({ login, password: 'env:TEST_APP', allow: 'everyone' });
    const gateway = await startGateway({
      listen: { redis: `127.0.0.1:${port}` },
      env: { TEST_APP: password },
      databases: {
        app: {
          engine: 'redis',
          host: server.host,
          port: server.port,
          tls: 'off',
          allowCommands,
          roles: { everything: role(logins.everything), limited: role(logins.limited) },
          ...database,
        },
      },
    });
    const through = async (name: keyof typeof logins) => {
      const { accessToken } = await gateway.tokens('admin', { scope: `db:app:${name}` });
      return { port, user: 'anyone', password: accessToken };
    };
    const direct = (name: keyof typeof logins) => ({ port: server.port, user: logins[name], password });
    return new RedisDifferentialServer({
      server,
      gateway,
      administrator: await server.adminClient(),
      targets: {
        direct: { everything: direct('everything'), limited: direct('limited') },
        grantway: { everything: await through('everything'), limited: await through('limited') },
      },
    });
  }

  async stop(): Promise<void> {
    const { administrator, gateway, server } = this.#parts;
    administrator.disconnect();
    await gateway.stop();
    await server.stop();
  }

  /** Clients of this version of the protocol. `pieceBytes` cuts what they write to Grantway. */
  speaking(protocol: 2 | 3, pieceBytes?: number): DifferentialEngine<RedisStep> {
    const { administrator, targets } = this.#parts;
    return {
      reset: async () => {
        await administrator.flushall();
        // The server may not have noticed yet that earlier clients are gone.
        while ((await administrator.call('CLIENT', 'LIST', 'TYPE', 'pubsub')) !== '');
      },
      begin: (way, settings) =>
        new RedisRun({
          targets: targets[way],
          protocol: settings.protocol === undefined ? protocol : settings.protocol === '3' ? 3 : 2,
          administrator,
          ...(way === 'grantway' && pieceBytes !== undefined ? { pieceBytes } : {}),
        }),
    };
  }
}
