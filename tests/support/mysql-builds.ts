import type { DebianFolder } from './debian-folder.ts';
import type { ServerBuild } from './server-program.ts';

/** MySQL and MariaDB cannot be installed beside each other: a folder each. */
export const sidMysql: DebianFolder = {
  suite: 'sid',
  packages: ['mysql-server-core', 'mysql-client-core', 'python3-mysql.connector'],
};
export const sidMariadb: DebianFolder = { suite: 'sid', packages: ['mariadb-server'] };

/** One version of a server that the MySQL engine is tested with. */
export interface MysqlBuild extends ServerBuild {
  readonly product: 'mysql' | 'mariadb';
  /** Its command line client. */
  readonly client: 'mysql' | 'mariadb';
  /** Settings that only this product knows, as in its option file. */
  readonly settings: Readonly<Record<string, string>>;
  /** The words that make an empty data directory, with an administrator `root` without password. */
  readonly initialize: (dataDir: string) => readonly [program: string, ...args: string[]];
}

type OfProduct = Pick<MysqlBuild, 'product' | 'program' | 'client' | 'settings' | 'initialize'>;

const mysql: OfProduct = {
  product: 'mysql',
  program: 'mysqld',
  client: 'mysql',
  settings: {
    innodb_redo_log_capacity: '8M',
    mysqlx: 'OFF',
    disable_log_bin: 'ON',
    performance_schema: 'OFF',
    // Files anywhere, as MariaDB has it: what keeps a session from them in a test must be its rights.
    secure_file_priv: "''",
  },
  initialize: (dataDir) => [
    'mysqld',
    '--no-defaults',
    '--initialize-insecure',
    `--datadir=${dataDir}`,
    '--innodb-redo-log-capacity=8M',
    '--disable-log-bin',
  ],
};

const mariadb: OfProduct = {
  product: 'mariadb',
  program: 'mariadbd',
  client: 'mariadb',
  settings: { innodb_log_file_size: '4M', skip_log_bin: 'ON' },
  initialize: (dataDir) => [
    'mariadb-install-db',
    '--no-defaults',
    `--datadir=${dataDir}`,
    '--auth-root-authentication-method=normal',
    '--skip-test-db',
    // It looks for a name of the machine first, and a Debian folder has none.
    '--force',
    '--innodb-log-file-size=4M',
  ],
};

/** What each version is, and where it comes from. */
export const mysqlBuilds = {
  'mysql-9.7': {
    ...mysql,
    title: 'MySQL 9.7',
    says: /Ver 9\.\d.*MySQL|Ver 9\.\d.*Debian/,
    folder: sidMysql,
    variable: 'GRANTWAY_TEST_MYSQL_URL',
  },
  'mariadb-10.11': {
    ...mariadb,
    title: 'MariaDB 10.11',
    says: /Ver 10\.11\..*MariaDB/,
    folder: { suite: 'bookworm', packages: ['mariadb-server'] },
    variable: 'GRANTWAY_TEST_MARIADB_URL',
  },
  'mariadb-11.8': {
    ...mariadb,
    title: 'MariaDB 11.8',
    says: /Ver 11\.8\..*MariaDB/,
    folder: sidMariadb,
    variable: 'GRANTWAY_TEST_MARIADB_11_URL',
  },
} as const satisfies Readonly<Record<string, MysqlBuild>>;
export type MysqlVersion = keyof typeof mysqlBuilds;

/** For tables of tests. */
export const mysqlVersions = Object.keys(mysqlBuilds) as readonly MysqlVersion[];
