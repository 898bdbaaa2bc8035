import { rm } from 'node:fs/promises';
import { type Connection, createConnection } from 'mysql2/promise';
import { newId } from '../../packages/server/src/core/index.ts';
import { freePort } from '../../packages/server/src/demo/free-port.ts';
import { type MysqlBuild, type MysqlVersion, mysqlBuilds } from './mysql-builds.ts';
import { type MysqlTls, writeMysqlFiles } from './mysql-files.ts';
import { type RunningServer, startServerOnFreePort } from './server-process.ts';
import { findServerProgram } from './server-program.ts';

/** What a test may want of its server besides the version. */
export interface TestMysqlOptions {
  /** The server then offers TLS; without it there is none. */
  readonly tls?: MysqlTls;
  /** Settings by name, as in the `[mysqld]` section; `plugin_load_add` loads a plugin. */
  readonly settings?: Readonly<Record<string, string>>;
}

/** A real MySQL or MariaDB of one test. */
export interface TestMysql extends Pick<RunningServer, 'log' | 'restart' | 'stop'> {
  readonly product: MysqlBuild['product'];
  readonly host: string;
  readonly port: number;
  /** Connection string of the administrator, a user who may do everything. */
  adminUrl(database?: string): string;
  /** A connected client of the administrator; end it before {@link TestMysql.stop}. */
  adminClient(database?: string): Promise<Connection>;
}

const host = '127.0.0.1';
const administrator = 'administrator';

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
  const { server, settings } = await startServerOnFreePort(
    async () => ({ settings: {}, ...options, port: await freePort(), atStart: administratorOf(password) }),
    async (settings) => {
      const directory = await program.makeDirectory('grantway-mysql-test-');
      const args = await writeMysqlFiles(build, program, directory, settings).catch(
        async (cause: unknown) => {
          await rm(directory.ours, { recursive: true, force: true });
          throw cause;
        },
      );
      const { title, program: name } = build;
      return { title, build: program, program: name, args, ready: /ready for connections/, directory };
    },
  );
  const adminUrl = urlOf(`mysql://${administrator}:${password}@${host}:${settings.port}`);
  return {
    product: build.product,
    host,
    port: settings.port,
    adminUrl,
    adminClient: async (database) => await createConnection(adminUrl(database)),
    ...server,
  };
}

function administratorOf(password: string): readonly string[] {
  return [
    `CREATE USER IF NOT EXISTS ${administrator}@'%' IDENTIFIED BY '${password}'`,
    `GRANT ALL PRIVILEGES ON *.* TO ${administrator}@'%' WITH GRANT OPTION`,
  ];
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
