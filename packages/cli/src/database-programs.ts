import { devNull } from 'node:os';
import { type Connection, isLoopbackHost } from '@grantway/client';

/** The command line client of one engine. */
export interface DatabaseProgram {
  readonly command: string;
  /** What to do when it is missing. */
  readonly install: string;
  /** Where to connect, for a program that takes it in arguments; never the token, which every user of the machine could read. */
  readonly args: (target: ProgramTarget) => readonly string[];
  /** The person's environment with the token, and with where to connect. */
  readonly environment: (own: Environment, target: ProgramTarget, accessToken: string) => Environment;
}

/** Where to connect, and whom to trust. */
export interface ProgramTarget {
  readonly connection: Connection;
  /** PEM file of the authorities that the gateway's certificate must come from, with the name that is dialled in it. */
  readonly ca?: string;
}

/** The environment of a process: `process.env`, or what a test puts in its place. */
export type Environment = Readonly<Record<string, string | undefined>>;

const psql: DatabaseProgram = {
  command: 'psql',
  install: 'On Debian: apt-get install postgresql-client',
  args: () => [],
  environment: (own, { connection: { host, port, username, database }, ca }, accessToken) => ({
    ...own,
    // Both would send the token to another server than the one that it is for.
    PGSERVICE: undefined,
    PGHOSTADDR: undefined,
    PGHOST: host,
    PGPORT: String(port),
    PGUSER: username,
    PGDATABASE: database,
    PGPASSWORD: accessToken,
    // The token must not leave the machine in clear, whatever psql would fall back to.
    ...(ca === undefined
      ? { PGSSLMODE: sslMode(own.PGSSLMODE, host) }
      : { PGSSLMODE: 'verify-full', PGSSLROOTCERT: ca }),
  }),
};

/** The person's own wish when it is at least encryption; on this machine whatever they want. */
function sslMode(own: string | undefined, host: string): string | undefined {
  if (isLoopbackHost(host) || ['require', 'verify-ca', 'verify-full'].includes(own ?? '')) return own;
  return 'require';
}

/** MySQL's and MariaDB's clients, which differ in how they are told what TLS must be. */
const mysqlClient = (
  command: string,
  install: string,
  tls: (target: ProgramTarget) => readonly string[],
): DatabaseProgram => ({
  command,
  install,
  args: (target) => {
    const { host, port, username, database } = target.connection;
    return [
      // A password in an option file would go before the token, and a socket before the host.
      ...['--no-defaults', '--protocol=TCP', `--host=${host}`, `--port=${port}`, `--user=${username}`],
      ...tls(target),
      `--database=${database}`,
    ];
  },
  environment: (own, _target, accessToken) => ({
    ...own,
    // A password that mysql_config_editor keeps would go before the token too, and `--no-defaults` leaves that file in.
    MYSQL_TEST_LOGIN_FILE: devNull,
    MYSQL_PWD: accessToken,
  }),
});

const mariadb = mysqlClient('mariadb', 'On Debian: apt-get install mariadb-client', ({ connection, ca }) => {
  if (ca !== undefined) return [`--ssl-ca=${ca}`, '--ssl-verify-server-cert'];
  // Since 11.4 it checks certificates unless it is told not to; the gateway makes its own where it has none.
  return isLoopbackHost(connection.host) ? ['--ssl', '--skip-ssl-verify-server-cert'] : ['--ssl'];
});
/** MariaDB's package has a program of this name too, but never without `mariadb`. */
const mysql = mysqlClient('mysql', 'Or install MySQL: https://dev.mysql.com/downloads/', ({ ca }) =>
  ca === undefined ? ['--ssl-mode=REQUIRED'] : ['--ssl-mode=VERIFY_IDENTITY', `--ssl-ca=${ca}`],
);

const redisCli: DatabaseProgram = {
  command: 'redis-cli',
  install: 'On Debian: apt-get install redis-tools',
  args: ({ connection: { host, port, username }, ca }) => [
    ...['-h', host, '-p', String(port), '--user', username],
    // In clear the token would be for everybody on the way.
    ...(ca === undefined ? (isLoopbackHost(host) ? [] : ['--tls']) : ['--tls', '--cacert', ca]),
  ],
  environment: (own, _target, accessToken) => ({ ...own, REDISCLI_AUTH: accessToken }),
};

/** By engine; the first that is installed is started. */
export const databasePrograms: ReadonlyMap<string, readonly DatabaseProgram[]> = new Map([
  ['postgres', [psql]],
  ['mysql', [mariadb, mysql]],
  ['redis', [redisCli]],
  ['redshift', [psql]],
]);
