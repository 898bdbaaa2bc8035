import { Redis } from 'ioredis';
import { newId } from '../../packages/server/src/core/index.ts';
import { freePort } from '../../packages/server/src/demo/free-port.ts';
import { type RedisSettings, type RedisTls, writeRedisFiles } from './redis-files.ts';
import { type RedisVersion, redisBuilds } from './redis-program.ts';
import { type RunningServer, startServerOnFreePort } from './server-process.ts';
import { findServerProgram } from './server-program.ts';

export interface TestRedisOptions {
  /** Default `7`. */
  readonly version?: RedisVersion;
  /** Lines of the ACL beside the administrator's own; by default the user `default` is as a stock server has it. */
  readonly acl?: readonly string[];
  /** Default `aclfile`. */
  readonly usersIn?: RedisSettings['usersIn'];
  /** The server then offers TLS too, on {@link TestRedis.tlsPort}. */
  readonly tls?: RedisTls;
  /** Settings by name, as in `redis.conf`. */
  readonly settings?: RedisSettings['settings'];
}

/** A real Redis or Valkey of one test. A restart loses its data. */
export interface TestRedis extends Pick<RunningServer, 'log' | 'restart' | 'crash' | 'stop'> {
  readonly host: string;
  /** Clear text. */
  readonly port: number;
  readonly tlsPort?: number;
  /** Connection string of the administrator, a user who may do everything. */
  readonly adminUrl: string;
  /** A connected client of the administrator; disconnect it before {@link TestRedis.stop}. */
  adminClient(): Promise<Redis>;
}

const host = '127.0.0.1';
const administrator = 'administrator';

/**
 * Starts a server on a free loopback port, in a directory of its own and never as root; several at once are fine. A
 * connection string in the environment (see `compose.yaml`) is used instead, except by tests that ask for options.
 *
 * @throws Error that says how to get the server when it cannot be had
 */
export async function startRedis(options: TestRedisOptions = {}): Promise<TestRedis> {
  const { version = '7', ...own } = options;
  const build = redisBuilds[version];
  const given = process.env[build.variable];
  if (given !== undefined && Object.keys(own).length === 0) return runningElsewhere(given);

  const program = await findServerProgram(build);
  const password = newId();
  const { server, settings } = await startServerOnFreePort(
    () => chooseSettings(own, password),
    async (settings) => {
      const directory = await program.makeDirectory('grantway-redis-test-');
      const args = await writeRedisFiles(directory, settings, program.owner);
      const { title, program: name } = build;
      return { title, build: program, program: name, args, ready: /Ready to accept connections/, directory };
    },
  );
  const adminUrl = `redis://${administrator}:${password}@${host}:${settings.port}`;
  return {
    host,
    port: settings.port,
    ...(settings.tlsPort === undefined ? {} : { tlsPort: settings.tlsPort }),
    adminUrl,
    adminClient: async () => await connected(adminUrl),
    ...server,
  };
}

async function chooseSettings(
  { acl = [], usersIn = 'aclfile', tls, settings = {} }: Omit<TestRedisOptions, 'version'>,
  password: string,
): Promise<RedisSettings> {
  return {
    port: await freePort(),
    // The administrator comes first and stays, so that no test locks itself out.
    acl: [`user ${administrator} on >${password} ~* &* +@all`, ...acl],
    usersIn,
    settings,
    ...(tls === undefined ? {} : { tls, tlsPort: await freePort() }),
  };
}

async function connected(url: string): Promise<Redis> {
  const client = new Redis(url, { lazyConnect: true, retryStrategy: null });
  // A failed test leaves it open; the end of the server is then no second failure.
  client.on('error', () => {});
  await client.connect();
  return client;
}

async function notOurs(): Promise<never> {
  throw new Error('a server from the environment is not ours to restart or end; unset its variable');
}

function runningElsewhere(adminUrl: string): TestRedis {
  const { hostname, port } = new URL(adminUrl);
  return {
    host: hostname,
    port: Number(port === '' ? 6379 : port),
    adminUrl,
    adminClient: async () => await connected(adminUrl),
    log: () => '',
    restart: notOurs,
    crash: notOurs,
    stop: async () => {},
  };
}
