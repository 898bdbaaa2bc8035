import type { Redis } from 'ioredis';
import { createRedisEngine } from '../../packages/server/src/engines/redis/index.ts';
import { secretSource } from '../../packages/server/src/vault/index.ts';
import { type EngineDoor, type EngineDoorOptions, openEngineDoor } from './engine-door.ts';
import { RawRedis, type RawRedisTarget } from './raw-redis.ts';
import { startRedis, type TestRedis, type TestRedisOptions } from './redis.ts';

/** What the engine of these doors told the operator. */
export const redisProblems: string[] = [];

/** The engine with the secrets of this process's environment. */
export const redisEngine = createRedisEngine({
  secrets: secretSource('/'),
  problem: (message, cause) => void redisProblems.push(`${message}: ${cause}`),
});

/** The login behind the doors of a {@link RedisFixture}. It may do everything, so that only the gateway refuses. */
export const redisLogin = { login: 'relay_app', password: 'pw' } as const;

/** A real server, and doors of the Redis engine to it. */
export class RedisFixture {
  readonly server: TestRedis;
  readonly admin: Redis;
  readonly #doors: EngineDoor[] = [];
  readonly #clients: RawRedis[] = [];

  private constructor(server: TestRedis, admin: Redis) {
    this.server = server;
    this.admin = admin;
  }

  static async start(options: TestRedisOptions = {}): Promise<RedisFixture> {
    const acl = [
      'user default off',
      `user ${redisLogin.login} on >${redisLogin.password} ~* &* +@all`,
      ...(options.acl ?? []),
    ];
    const server = await startRedis({ ...options, acl });
    return new RedisFixture(server, await server.adminClient());
  }

  async open(options: Partial<EngineDoorOptions> = {}): Promise<EngineDoor> {
    const { host, port } = this.server;
    const { database, ...others } = options;
    const door = await openEngineDoor({
      engine: redisEngine,
      database: { host, port, engine: 'redis', upstreamName: '0', ...database },
      ...redisLogin,
      ...others,
    });
    this.#doors.push(door);
    return door;
  }

  /** A raw client that has signed in through a door. */
  async raw(door: EngineDoor, options: Partial<RawRedisTarget> = {}): Promise<RawRedis> {
    const client = await RawRedis.connect({ port: door.port, password: 'token', ...options });
    this.#clients.push(client);
    return client;
  }

  /** A raw client of the server itself, as the same login. */
  async direct(options: Partial<RawRedisTarget> = {}): Promise<RawRedis> {
    const { port } = this.server;
    const { login: user, password } = redisLogin;
    const client = await RawRedis.connect({ port, user, password, ...options });
    this.#clients.push(client);
    return client;
  }

  async closeDoors(): Promise<void> {
    for (const client of this.#clients.splice(0)) client.destroy();
    for (const door of this.#doors.splice(0)) await door.close();
  }

  async stop(): Promise<void> {
    await this.closeDoors();
    this.admin.disconnect();
    await this.server.stop();
  }

  /** Resolves when the server says this of the connection behind the first session of a door (`CLIENT LIST`). */
  async shows(door: EngineDoor, what: RegExp): Promise<void> {
    const id = door.upstreams[0]?.pid ?? '';
    while (!what.test(String(await this.admin.call('CLIENT', 'LIST', 'ID', id))));
  }

  /** Resolves when this many clients are blocked at the server. */
  async blocked(clients: number): Promise<void> {
    while (!(await this.admin.info('clients')).includes(`blocked_clients:${clients}\r\n`));
  }
}
