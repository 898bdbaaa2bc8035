import { chmod, chown, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { newId, Secret } from '../../packages/server/src/core/index.ts';
import {
  type EmbeddedPostgres,
  startEmbeddedPostgres,
} from '../../packages/server/src/demo/embedded-postgres.ts';
import { chooseServerAccount } from '../../packages/server/src/demo/server-account.ts';
import type { CertificatePair } from './certificates.ts';
import { tellUnaskedEnd } from './unasked-end.ts';

export interface TestPostgresOptions {
  /** Settings by name, as in `postgresql.conf`. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Lines of `pg_hba.conf`; the default takes passwords (SCRAM) from the loopback address. */
  readonly hba?: readonly string[];
  /** The server then offers TLS. */
  readonly certificate?: CertificatePair;
  /** A folder with other binaries, for example `/usr/lib/postgresql/15/bin`. */
  readonly bin?: string;
}

/** A real PostgreSQL server of one test. */
export interface TestPostgres {
  readonly host: string;
  readonly port: number;
  /** Absent when the server is one that runs already (`GRANTWAY_TEST_POSTGRES_URL`). */
  readonly dataDir?: string;
  /** Connection string of the superuser. */
  superuserUrl(database?: string): string;
  /** A connected client of the superuser; end it before {@link TestPostgres.stop}. */
  adminClient(database?: string): Promise<pg.Client>;
  /** Replaces the lines of `pg_hba.conf` after the superuser's own, and reloads. */
  hba(lines: readonly string[]): Promise<void>;
  /** Makes the server read its files again. */
  reload(): Promise<void>;
  /** Everything that the server wrote to its log so far. */
  log(): string;
  /** Ends the server and removes its files. */
  stop(): Promise<void>;
}

const passwordsFromLoopback = ['host all all 127.0.0.1/32 scram-sha-256'];

/**
 * Starts a PostgreSQL 18 on a free loopback port, in a directory of its own; several at once are fine.
 * With `GRANTWAY_TEST_POSTGRES_URL` (a superuser's connection string) that server is used instead, for machines where
 * the embedded one does not run. Tests that ask for options start their own server in any case.
 */
export async function startPostgres(options: TestPostgresOptions = {}): Promise<TestPostgres> {
  const given = process.env.GRANTWAY_TEST_POSTGRES_URL;
  if (given !== undefined && Object.keys(options).length === 0) return runningElsewhere(given);

  const folder = await mkdtemp(join(tmpdir(), 'grantway-postgres-test-'));
  const dataDir = join(folder, 'data');
  const account = await chooseServerAccount(dataDir);
  await chmod(folder, 0o700);
  if (account !== undefined) await chown(folder, account.uid, account.gid);

  const password = newId();
  let log = '';
  let server: EmbeddedPostgres;
  try {
    server = await startEmbeddedPostgres({
      dataDir,
      superuserPassword: new Secret(password),
      hba: hbaLines(options.hba ?? passwordsFromLoopback),
      // A test's data is worth nothing after a crash, so nothing waits for the disk.
      settings: { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off', ...options.settings },
      ...(options.certificate === undefined ? {} : { certificate: options.certificate }),
      ...(options.bin === undefined ? {} : { bin: options.bin }),
      onLog: (text) => {
        log += text;
      },
    });
  } catch (cause) {
    await rm(folder, { recursive: true, force: true });
    throw cause;
  }

  const asked = tellUnaskedEnd({ title: 'PostgreSQL', ended: server.ended, log: () => log });
  const superuserUrl = (database = 'postgres') =>
    `postgres://postgres:${password}@${server.host}:${server.port}/${database}`;
  return {
    host: server.host,
    port: server.port,
    dataDir,
    superuserUrl,
    adminClient: async (database) => await connected(superuserUrl(database)),
    hba: async (lines) => await server.reload(hbaLines(lines)),
    reload: async () => await server.reload(),
    log: () => log,
    stop: async () => {
      asked();
      await server.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** The superuser's line comes first and stays, so that no test locks itself out. */
function hbaLines(lines: readonly string[]): readonly string[] {
  return ['host all postgres 127.0.0.1/32 scram-sha-256', ...lines];
}

function runningElsewhere(url: string): TestPostgres {
  const base = new URL(url);
  const superuserUrl = (database?: string) => {
    const own = new URL(base);
    if (database !== undefined) own.pathname = `/${database}`;
    return own.href;
  };
  const notOurs = async () => {
    throw new Error(
      'GRANTWAY_TEST_POSTGRES_URL names a server whose files a test cannot change; unset it for this test',
    );
  };
  return {
    host: base.hostname,
    port: Number(base.port === '' ? 5432 : base.port),
    superuserUrl,
    adminClient: async (database) => await connected(superuserUrl(database)),
    hba: notOurs,
    reload: notOurs,
    log: () => '',
    stop: async () => {},
  };
}

async function connected(connectionString: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString });
  await client.connect();
  return client;
}
