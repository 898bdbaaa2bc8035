import { rm } from 'node:fs/promises';
import { type Connection, createConnection } from 'mysql2/promise';
import { newId } from '../../packages/server/src/core/index.ts';
import { freePort } from '../../packages/server/src/demo/free-port.ts';
import { type MysqlBuild, type MysqlVersion, mysqlBuilds } from './mysql-builds.ts';
import { type MysqlSettings, type MysqlTls, writeMysqlFiles } from './mysql-files.ts';
import { endServerProcess, startServerProcess } from './server-process.ts';
import { findServerProgram, type ServerProgram } from './server-program.ts';

/** What a test may want of its server besides the version. */
export interface TestMysqlOptions {
  /** The server then offers TLS; without it there is none. */
  readonly tls?: MysqlTls;
  /** Settings by name, as in the `[mysqld]` section; `plugin_load_add` loads a plugin. */
  readonly settings?: Readonly<Record<string, string>>;
}

/** A real MySQL or MariaDB of one test. */
export interface TestMysql {
  readonly product: MysqlBuild['product'];
  readonly host: string;
  readonly port: number;
  /** Connection string of the administrator, a user who may do everything. */
  adminUrl(database?: string): string;
  /** A connected client of the administrator; end it before {@link TestMysql.stop}. */
  adminClient(database?: string): Promise<Connection>;
  /** Everything that the server wrote to its log so far. */
  log(): string;
  /** Ends the server and starts it again on the same port and data. */
  restart(): Promise<void>;
  /** Ends the server and removes its files. */
  stop(): Promise<void>;
}

const host = '127.0.0.1';
const administrator = 'administrator';
const mostTries = 3;

/** A MySQL 9.7; see {@link startMysqlServer}. */
export async function startMysql(options: TestMysqlOptions = {}): Promise<TestMysql> {
  return await startMysqlServer('mysql-9.7', options);
}

/** A MariaDB, by default 10.11; see {@link startMysqlServer}. */
export async function startMariadb({
  version = '10.11',
  ...options
}: TestMysqlOptions & { readonly version?: '10.11' | '11.8' } = {}): Promise<TestMysql> {
  return await startMysqlServer(`mariadb-${version}`, options);
}

/**
 * Starts a server on a free loopback port, in a directory of its own and never as root; several at once are fine. A
 * connection string in the environment (see `compose.yaml`) is used instead, except by tests that ask for options.
 *
 * @throws Error that says how to get the server when it cannot be had
 */
export async function startMysqlServer(
  version: MysqlVersion,
  options: TestMysqlOptions = {},
): Promise<TestMysql> {
  const build: MysqlBuild = mysqlBuilds[version];
  const given = process.env[build.variable];
  if (given !== undefined && Object.keys(options).length === 0) return runningElsewhere(build, given);

  const program = await findServerProgram(build);
  const password = newId();
  for (let tries = 1; ; tries++) {
    const settings = { settings: {}, ...options, port: await freePort(), atStart: administratorOf(password) };
    const started = await tryToStart(build, program, settings);
    if (started.outcome === 'ready') {
      const adminUrl = urlOf(`mysql://${administrator}:${password}@${host}:${settings.port}`);
      return {
        product: build.product,
        host,
        port: settings.port,
        adminUrl,
        adminClient: async (database) => await createConnection(adminUrl(database)),
        ...started.server,
      };
    }
    // Somebody else may have taken the port between our look and the server's.
    if (tries === mostTries || !/address already in use/i.test(started.log)) {
      throw new Error(`${build.title} did not start:\n${started.log}`);
    }
  }
}

function administratorOf(password: string): readonly string[] {
  return [
    `CREATE USER IF NOT EXISTS ${administrator}@'%' IDENTIFIED BY '${password}'`,
    `GRANT ALL PRIVILEGES ON *.* TO ${administrator}@'%' WITH GRANT OPTION`,
  ];
}

type Start =
  | { readonly outcome: 'ready'; readonly server: Pick<TestMysql, 'log' | 'restart' | 'stop'> }
  | { readonly outcome: 'ended'; readonly log: string };

async function tryToStart(
  build: MysqlBuild,
  program: ServerProgram,
  settings: MysqlSettings,
): Promise<Start> {
  const directory = await program.makeDirectory('grantway-mysql-test-');
  const remove = async () => await rm(directory.ours, { recursive: true, force: true });
  const args = await writeMysqlFiles(build, program, directory, settings).catch(async (cause: unknown) => {
    await remove();
    throw cause;
  });
  let log = '';
  const launch = async () =>
    await startServerProcess({
      build: program,
      program: build.program,
      args,
      ready: /ready for connections/,
      onLog: (text) => {
        log += text;
      },
    });

  const first = await launch();
  if (first === 'ended') {
    await remove();
    return { outcome: 'ended', log };
  }
  let child = first;
  return {
    outcome: 'ready',
    server: {
      log: () => log,
      restart: async () => {
        await endServerProcess(child);
        const next = await launch();
        if (next === 'ended') throw new Error(`the server did not start again:\n${log}`);
        child = next;
      },
      stop: async () => {
        // A server that crashed makes every later failure look like ours.
        const { exitCode, signalCode } = child;
        if (exitCode !== null || signalCode !== null) {
          console.error(
            `${build.title} had ended by itself (${signalCode ?? exitCode}):\n${log.slice(-8_000)}`,
          );
        }
        await endServerProcess(child);
        await remove();
      },
    },
  };
}

function urlOf(base: string): (database?: string) => string {
  return (database) => {
    const url = new URL(base);
    if (database !== undefined) url.pathname = `/${database}`;
    return url.href;
  };
}

function runningElsewhere(build: MysqlBuild, base: string): TestMysql {
  const { hostname, port } = new URL(base);
  const adminUrl = urlOf(base);
  return {
    product: build.product,
    host: hostname,
    port: Number(port === '' ? 3306 : port),
    adminUrl,
    adminClient: async (database) => await createConnection(adminUrl(database)),
    log: () => '',
    restart: async () => {
      throw new Error(`${build.variable} names a server that is not ours to restart; unset it for this test`);
    },
    stop: async () => {},
  };
}
