import { type ChildProcess, spawn } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { Redis } from 'ioredis';
import { newId } from '../../packages/server/src/core/index.ts';
import { freePort } from '../../packages/server/src/demo/free-port.ts';
import { type RedisSettings, type RedisTls, writeRedisFiles } from './redis-files.ts';
import { findRedis, type RedisProgram, type RedisVersion, runningRedis } from './redis-program.ts';

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
  readonly settings?: Readonly<Record<string, string>>;
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

/** A test run that is stopped half-way leaves none of these behind. */
const children = new Set<ChildProcess>();
process.once('exit', () => {
  for (const child of children) child.kill('SIGKILL');
});

/**
 * Starts a server on a free loopback port, in a directory of its own and never as root; several at once are fine. A
 * connection string in the environment (see `compose.yaml`) is used instead, except by tests that ask for options.
 *
 * @throws Error that says how to get the server when it cannot be had
 */
export async function startRedis(options: TestRedisOptions = {}): Promise<TestRedis> {
  const { version = '7', ...own } = options;
  const given = runningRedis(version);
  if (given !== undefined && Object.keys(own).length === 0) return runningElsewhere(given);

  const program = await findRedis(version);
  const password = newId();
  for (let tries = 1; ; tries++) {
    const started = await tryToStart(program, await chooseSettings(own, password));
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
      throw new Error(`${program.command.join(' ')} did not start:\n${started.log}`);
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

async function tryToStart(program: RedisProgram, settings: RedisSettings): Promise<Start> {
  const directory = await program.makeDirectory();
  const args = await writeRedisFiles(directory, settings, program.owner);
  const [command, ...before] = program.command;
  let log = '';
  const launch = async () => {
    const child = spawn(command, [...before, ...args], {
      ...program.account,
      cwd: '/',
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    children.add(child);
    child.once('exit', () => children.delete(child));
    const ready = await isReady(child, (text) => {
      log += text;
    });
    return ready ? child : undefined;
  };

  let child = await launch();
  if (child === undefined) {
    await rm(directory.ours, { recursive: true, force: true });
    return { outcome: 'ended', log };
  }
  return {
    outcome: 'ready',
    settings,
    server: {
      log: () => log,
      restart: async () => {
        await end(child);
        child = await launch();
        if (child === undefined) throw new Error(`the server did not start again:\n${log}`);
      },
      stop: async () => {
        await end(child);
        await rm(directory.ours, { recursive: true, force: true });
      },
    },
  };
}

/** Waits until the server says that it takes connections; false when it ended instead. */
function isReady(child: ChildProcess, onLog: (text: string) => void): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const read = (text: string) => {
      onLog(text);
      if (text.includes('Ready to accept connections')) resolve(true);
    };
    child.stdout?.setEncoding('utf8').on('data', read);
    child.stderr?.setEncoding('utf8').on('data', read);
    child.once('error', reject);
    child.once('close', () => resolve(false));
  });
}

async function end(child: ChildProcess | undefined): Promise<void> {
  if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  const force = setTimeout(() => child.kill('SIGKILL'), 5_000);
  await gone;
  clearTimeout(force);
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
