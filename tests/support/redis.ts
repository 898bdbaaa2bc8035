import { rm } from 'node:fs/promises';
import { Redis } from 'ioredis';
import { newId } from '../../packages/server/src/core/index.ts';
import { freePort } from '../../packages/server/src/demo/free-port.ts';
import { type RedisSettings, type RedisTls, writeRedisFiles } from './redis-files.ts';
import { type RedisVersion, redisBuilds } from './redis-program.ts';
import { endServerProcess, startServerProcess } from './server-process.ts';
import { findServerProgram, type ServerProgram } from './server-program.ts';

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

/** A real Redis or Valkey of one test. */
export interface TestRedis {
  readonly host: string;
  /** Clear text. */
  readonly port: number;
  readonly tlsPort?: number;
  /** Connection string of the administrator, a user who may do everything. */
  readonly adminUrl: string;
  /** A connected client of the administrator; disconnect it before {@link TestRedis.stop}. */
  adminClient(): Promise<Redis>;
  /** Everything that the server wrote to its log so far. */
  log(): string;
  /** Ends the server and starts it again on the same ports and files; its data is gone. */
  restart(): Promise<void>;
  /** Ends the server and removes its files. */
  stop(): Promise<void>;
}

const host = '127.0.0.1';
const administrator = 'administrator';
const mostTries = 3;

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
  for (let tries = 1; ; tries++) {
    const started = await tryToStart(build.program, program, await chooseSettings(own, password));
    if (started.outcome === 'ready') {
      const { settings, server } = started;
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
    // Somebody else may have taken the port between our look and the server's.
    if (tries === mostTries || !/address already in use/i.test(started.log)) {
      throw new Error(`${build.title} did not start:\n${started.log}`);
    }
  }
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

type Start =
  | {
      readonly outcome: 'ready';
      readonly settings: RedisSettings;
      readonly server: Pick<TestRedis, 'log' | 'restart' | 'stop'>;
    }
  | { readonly outcome: 'ended'; readonly log: string };

async function tryToStart(name: string, build: ServerProgram, settings: RedisSettings): Promise<Start> {
  const directory = await build.makeDirectory('grantway-redis-test-');
  const args = await writeRedisFiles(directory, settings, build.owner);
  let log = '';
  const launch = async () =>
    await startServerProcess({
      build,
      program: name,
      args,
      ready: /Ready to accept connections/,
      onLog: (text) => {
        log += text;
      },
    });

  const first = await launch();
  if (first === 'ended') {
    await rm(directory.ours, { recursive: true, force: true });
    return { outcome: 'ended', log };
  }
  let child = first;
  return {
    outcome: 'ready',
    settings,
    server: {
      log: () => log,
      restart: async () => {
        await endServerProcess(child);
        const next = await launch();
        if (next === 'ended') throw new Error(`the server did not start again:\n${log}`);
        child = next;
      },
      stop: async () => {
        await endServerProcess(child);
        await rm(directory.ours, { recursive: true, force: true });
      },
    },
  };
}

async function connected(url: string): Promise<Redis> {
  const client = new Redis(url, { lazyConnect: true, retryStrategy: null });
  // A failed test leaves it open; the end of the server is then no second failure.
  client.on('error', () => {});
  await client.connect();
  return client;
}

function runningElsewhere(adminUrl: string): TestRedis {
  const { hostname, port } = new URL(adminUrl);
  return {
    host: hostname,
    port: Number(port === '' ? 6379 : port),
    adminUrl,
    adminClient: async () => await connected(adminUrl),
    log: () => '',
    restart: async () => {
      throw new Error('a server from the environment is not ours to restart; unset its variable');
    },
    stop: async () => {},
  };
}
