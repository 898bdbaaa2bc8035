import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { putServersOnPath } from './servers-on-path.ts';

/** A program that comes from the operating system, because no npm package brings it. */
export interface SystemProgram {
  readonly name: string;
  /** What it is for; completes "needed for …". */
  readonly purpose: string;
  /** A command that succeeds exactly when the program is there. */
  readonly probe: readonly [program: string, ...args: string[]];
  /** Its package on Debian. */
  readonly debian: string;
  /** The command that gets it on macOS. */
  readonly macos: string;
}

const psql: SystemProgram = {
  name: 'psql',
  purpose: 'the tests with the stock PostgreSQL client',
  probe: ['psql', '--version'],
  debian: 'postgresql-client',
  macos: 'brew install libpq && brew link --force libpq',
};

/** What `npm test` drives. */
export const testPrograms: readonly SystemProgram[] = [
  psql,
  {
    name: 'chromium',
    purpose: 'signing in, consent and the pages in a real browser',
    probe: [process.env.GRANTWAY_TEST_CHROMIUM ?? '/usr/bin/chromium', '--version'],
    debian: 'chromium',
    macos: 'brew install --cask chromium, and name its executable in GRANTWAY_TEST_CHROMIUM',
  },
  {
    name: 'psycopg 3',
    purpose: 'the tests with the Python driver',
    probe: ['/usr/bin/python3', '-c', 'import psycopg'],
    debian: 'python3-psycopg',
    macos: '/usr/bin/python3 -m pip install "psycopg[binary]"',
  },
  ...['authlib', 'requests'].map((module) => ({
    name: `${module} of Python`,
    purpose: 'the test with an OAuth client in another language',
    probe: ['/usr/bin/python3', '-c', `import ${module}`] as const,
    debian: `python3-${module}`,
    macos: `/usr/bin/python3 -m pip install ${module}`,
  })),
  {
    name: 'curl',
    purpose: 'the walk through OAuth by hand',
    probe: ['curl', '--version'],
    debian: 'curl',
    macos: 'curl is part of the system',
  },
  {
    name: 'openssl',
    purpose: 'the walk through OAuth by hand',
    probe: ['openssl', 'version'],
    debian: 'openssl',
    macos: 'brew install openssl',
  },
  {
    name: 'dbus-daemon',
    purpose: 'the key ring of the command line',
    probe: ['dbus-daemon', '--version'],
    debian: 'dbus-daemon',
    macos: 'brew install dbus',
  },
  {
    name: 'gnome-keyring-daemon',
    purpose: 'the key ring of the command line',
    probe: ['gnome-keyring-daemon', '--version'],
    debian: 'gnome-keyring',
    macos: 'none in this version',
  },
  {
    name: 'redis-server',
    purpose: 'the tests of the Redis engine',
    probe: ['redis-server', '--version'],
    debian: 'redis-server',
    macos: 'brew install redis',
  },
  {
    name: 'redis-cli',
    purpose: 'the tests with the stock Redis client',
    probe: ['redis-cli', '--version'],
    debian: 'redis-tools',
    macos: 'brew install redis',
  },
  {
    name: 'redis-py',
    purpose: 'the tests with the Python client of Redis',
    probe: ['/usr/bin/python3', '-c', 'import redis'],
    debian: 'python3-redis',
    macos: '/usr/bin/python3 -m pip install redis',
  },
  {
    name: 'mariadbd',
    purpose: 'the tests of the MySQL engine',
    probe: ['mariadbd', '--version'],
    debian: 'mariadb-server',
    macos: 'none in this version; use the servers of compose.yaml',
  },
  {
    name: 'mariadb',
    purpose: 'the tests with the stock MariaDB client',
    probe: ['mariadb', '--version'],
    debian: 'mariadb-client',
    macos: 'brew install mariadb',
  },
  {
    name: 'PyMySQL',
    purpose: 'the tests with the Python driver',
    probe: ['/usr/bin/python3', '-c', 'import pymysql'],
    debian: 'python3-pymysql',
    macos: '/usr/bin/python3 -m pip install pymysql',
  },
  {
    name: 'mysqlclient',
    purpose: 'the tests with the Python driver that Django uses',
    probe: ['/usr/bin/python3', '-c', 'import MySQLdb'],
    debian: 'python3-mysqldb',
    macos: '/usr/bin/python3 -m pip install mysqlclient',
  },
  {
    name: 'slapd',
    purpose: 'signing in with a directory',
    probe: ['slapd', '-VV'],
    debian: 'slapd',
    macos: 'none in this version',
  },
  {
    name: 'SimpleSAMLphp',
    purpose: 'signing in with SAML',
    probe: ['test', '-f', '/usr/share/simplesamlphp/lib/_autoload.php'],
    debian: 'simplesamlphp',
    macos: 'none in this version',
  },
  ...['dom', 'mbstring'].map((extension) => ({
    name: `PHP with ${extension}`,
    purpose: 'SimpleSAMLphp',
    probe: ['php', '-r', `exit(extension_loaded('${extension}') ? 0 : 1);`] as const,
    debian: extension === 'dom' ? 'php-xml' : `php-${extension}`,
    macos: 'none in this version',
  })),
];

/** What `npm run bench` compares with and measures by. */
export const benchPrograms: readonly SystemProgram[] = [
  psql,
  {
    name: 'pgbench',
    purpose: 'the load',
    probe: ['pgbench', '--version'],
    debian: 'postgresql',
    macos: 'brew install postgresql@18',
  },
  {
    name: 'pgbouncer',
    purpose: 'the comparison',
    probe: ['pgbouncer', '--version'],
    debian: 'pgbouncer',
    macos: 'brew install pgbouncer',
  },
];

const haproxy: SystemProgram = {
  name: 'haproxy',
  purpose: 'the comparison',
  probe: ['haproxy', '-v'],
  debian: 'haproxy',
  macos: 'brew install haproxy',
};

/** What `npm run bench -- mysql` compares with and measures by. */
export const mysqlBenchPrograms: readonly SystemProgram[] = [
  haproxy,
  {
    name: 'sysbench',
    purpose: 'the load',
    probe: ['sysbench', '--version'],
    debian: 'sysbench',
    macos: 'brew install sysbench',
  },
  {
    name: 'mariadbd',
    purpose: 'the server behind all of them',
    probe: ['mariadbd', '--version'],
    debian: 'mariadb-server',
    macos: 'none in this version',
  },
];

/** What `npm run bench -- redis` compares with and measures by. */
export const redisBenchPrograms: readonly SystemProgram[] = [
  haproxy,
  {
    name: 'redis-benchmark',
    purpose: 'the load',
    probe: ['redis-benchmark', '--version'],
    debian: 'redis-tools',
    macos: 'brew install redis',
  },
  {
    name: 'redis-server',
    purpose: 'the server behind all of them',
    probe: ['redis-server', '--version'],
    debian: 'redis-server',
    macos: 'brew install redis',
  },
];

/**
 * Makes sure that every program is there. On Debian as root it installs what is missing; anywhere else it
 * @throws an Error that lists each missing program with the command that gets it.
 */
export async function ensureSystemPrograms(programs: readonly SystemProgram[]): Promise<void> {
  putServersOnPath();
  const missing = programs.filter((program) => !isInstalled(program));
  if (missing.length === 0) return;
  if (isDebian() && process.getuid?.() === 0) installOnDebian(missing);

  const absent = programs.filter((program) => !isInstalled(program));
  if (absent.length === 0) return;
  const lines = absent.map(
    (program) => `  ${program.name}, needed for ${program.purpose}: ${howToGet(program)}`,
  );
  throw new Error(`Missing on this machine:\n${lines.join('\n')}`);
}

function isInstalled({ probe: [program, ...args] }: SystemProgram): boolean {
  return spawnSync(program, args, { stdio: 'ignore', timeout: 60_000 }).status === 0;
}

/** Whether Debian's packages can be installed here. */
export function isDebian(): boolean {
  return existsSync('/etc/debian_version') && existsSync('/usr/bin/apt-get');
}

function howToGet(program: SystemProgram): string {
  if (isDebian()) return `sudo apt-get install --no-install-recommends ${program.debian}`;
  if (process.platform === 'darwin') return program.macos;
  return `your system's package that brings it (Debian calls it ${program.debian})`;
}

function installOnDebian(programs: readonly SystemProgram[]): void {
  const packages = programs.map((program) => program.debian);
  console.log(`Installing from Debian: ${packages.join(' ')}. Takes a minute or two.`);
  if (packages.includes('postgresql')) keepServerFromStarting();
  runAptGet('update');
  keepServicesFromStarting(() => runAptGet('install', '--no-install-recommends', ...packages));
}

/** Debian starts a server when its package is installed, on the server's usual port; the tests start their own. */
function keepServicesFromStarting(install: () => void): void {
  const policy = '/usr/sbin/policy-rc.d';
  const ours = !existsSync(policy);
  if (ours) writeFileSync(policy, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
  try {
    install();
  } finally {
    if (ours) rmSync(policy);
  }
}

/** pgbench comes in the server's package, which would make and start a server of its own. */
function keepServerFromStarting(): void {
  mkdirSync('/etc/postgresql-common/createcluster.d', { recursive: true });
  writeFileSync('/etc/postgresql-common/createcluster.d/grantway.conf', 'create_main_cluster = false\n');
}

/** Its own output is the progress. A failure shows in what is still missing afterwards. */
function runAptGet(...args: readonly string[]): void {
  spawnSync('apt-get', ['-q', '-y', ...args], {
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    stdio: ['ignore', 'inherit', 'inherit'],
    timeout: 10 * 60_000,
  });
}
