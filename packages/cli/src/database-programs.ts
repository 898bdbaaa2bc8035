import { type Connection, isLoopbackHost } from '@grantway/client';

/** The command line client of one engine. */
export interface DatabaseProgram {
  readonly command: string;
  /** What to do when it is missing. */
  readonly install: string;
  /** Where to connect, for a program that takes it in arguments; never the token, which every user of the machine could read. */
  readonly args: (connection: Connection) => readonly string[];
  /** The person's environment with the token, and with where to connect. */
  readonly environment: (own: Environment, connection: Connection, accessToken: string) => Environment;
}

export type Environment = Readonly<Record<string, string | undefined>>;

const psql: DatabaseProgram = {
  command: 'psql',
  install: 'On Debian: apt-get install postgresql-client',
  args: () => [],
  environment: (own, { host, port, username, database }, accessToken) => ({
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
    PGSSLMODE: sslMode(own.PGSSLMODE, host),
  }),
};

/** The person's own wish when it is at least encryption; on this machine whatever they want. */
function sslMode(own: string | undefined, host: string): string | undefined {
  if (isLoopbackHost(host) || ['require', 'verify-ca', 'verify-full'].includes(own ?? '')) return own;
  return 'require';
}

/** MySQL's and MariaDB's clients, which differ in how they are told that TLS is a must. */
const mysqlClient = (command: string, install: string, tls: string): DatabaseProgram => ({
  command,
  install,
  args: ({ host, port, username, database }) => [
    // A password in an option file would go before the token, and a socket before the host.
    ...['--no-defaults', '--protocol=TCP', `--host=${host}`, `--port=${port}`, `--user=${username}`],
    ...[tls, `--database=${database}`],
  ],
  environment: (own, _connection, accessToken) => ({ ...own, MYSQL_PWD: accessToken }),
});

const mariadb = mysqlClient('mariadb', 'On Debian: apt-get install mariadb-client', '--ssl');
/** MariaDB's package has a program of this name too, but never without `mariadb`. */
const mysql = mysqlClient(
  'mysql',
  'Or install MySQL: https://dev.mysql.com/downloads/',
  '--ssl-mode=REQUIRED',
);

const redisCli: DatabaseProgram = {
  command: 'redis-cli',
  install: 'On Debian: apt-get install redis-tools',
  args: ({ host, port, username }) => [
    ...['-h', host, '-p', String(port), '--user', username],
    // In clear the token would be for everybody on the way.
    ...(isLoopbackHost(host) ? [] : ['--tls']),
  ],
  environment: (own, _connection, accessToken) => ({ ...own, REDISCLI_AUTH: accessToken }),
};

/** By engine; the first that is installed is started. */
export const databasePrograms: ReadonlyMap<string, readonly DatabaseProgram[]> = new Map([
  ['postgres', [psql]],
  ['mysql', [mariadb, mysql]],
  ['redis', [redisCli]],
  ['redshift', [psql]],
]);
