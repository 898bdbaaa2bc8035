import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { formatProblems, loadConfig } from '../config/index.ts';
import { newId, Secret } from '../core/index.ts';
import { lockDirectory } from '../store/index.ts';
import { createMasterKey } from '../vault/index.ts';
import { clusterPlace } from './cluster-place.ts';
import { writeDemoConfig } from './demo-config.ts';
import { type EmbeddedPostgres, startEmbeddedPostgres } from './embedded-postgres.ts';
import { availablePorts } from './free-port.ts';
import { keepFile } from './kept-file.ts';
import { prepareRoles } from './prepare-roles.ts';
import { fillSampleDatabase, sample } from './sample-data.ts';
import { type SamplePerson, samplePeople } from './sample-people.ts';

/** Where a demo keeps its state, and where it listens. */
export interface DemoOptions {
  /** Everything that the demo keeps is in here; removing it resets the demo. */
  readonly dataDir: string;
  /** Ports to try first, unless an earlier start had others; another free one is taken when one is in use. */
  readonly ports?: DemoPorts;
  /** Hears what is going on, one sentence a step. */
  readonly onProgress?: (sentence: string) => void;
}

/** Where the demo listens: the pages, the PostgreSQL door, the server behind it. */
export interface DemoPorts {
  readonly http: number;
  readonly postgres: number;
  readonly upstream: number;
}

/** A demo that only needs its gateway. */
export interface Demo {
  /** Absolute path; `startGateway` takes what it says. */
  readonly configFile: string;
  /** For people to sign in with. */
  readonly users: readonly Pick<SamplePerson, 'username' | 'password' | 'group'>[];
  readonly postgres: EmbeddedPostgres;
  /** The sample database past the gateway, as superuser; the password is in {@link Demo.superuserPasswordFile}. */
  readonly databaseUrl: string;
  readonly superuserPasswordFile: string;
  /** Stops the database server, and lets another process have the folder. */
  stop(): Promise<void>;
}

const usualPorts = { http: 8400, postgres: 15_432, upstream: 15_433 } as const;

/**
 * Makes everything that the demo needs besides the gateway: an embedded PostgreSQL with sample data, people with
 * passwords, a config file, and managed roles. The first time takes a few seconds; later ones find it all there.
 *
 * @throws an Error with a sentence for the person at the terminal; the database server is then stopped
 */
export async function prepareDemo(options: DemoOptions): Promise<Demo> {
  const dataDir = resolve(options.dataDir);
  const progress = options.onProgress ?? (() => {});
  const configFile = join(dataDir, 'grantway.yaml');
  const kept = join(dataDir, 'demo');
  await mkdir(kept, { recursive: true, mode: 0o700 });
  await using opened = new AsyncDisposableStack();
  const lock = lockDirectory(kept, {
    inUse: (processId) =>
      `The demo in ${dataDir} runs already (process ${processId}). Use that one, stop it with Ctrl-C, or start another with --data-dir FOLDER.`,
  });
  opened.defer(() => lock.release());
  const ports = (await portsOfLastStart(configFile)) ?? options.ports ?? usualPorts;
  await createMasterKey(join(dataDir, 'master.key'));
  const superuserPasswordFile = join(kept, 'superuser-password');
  const superuserPassword = await keepSecret(superuserPasswordFile);
  const managerPassword = await keepSecret(join(kept, 'manager-password'));
  await keepSecret(join(kept, 'connect-button-secret'));
  const people = await samplePeople(join(kept, 'people.json'));

  progress('Starting PostgreSQL');
  const postgres = await startEmbeddedPostgres({
    dataDir: await clusterPlace(dataDir),
    superuserPassword,
    preferredPort: ports.upstream,
    hba: ['host all all 127.0.0.1/32 scram-sha-256'],
  });
  opened.defer(() => postgres.stop());

  progress('Making the sample database');
  const superuser = new URL(`postgres://postgres@127.0.0.1:${postgres.port}/postgres`);
  superuser.password = superuserPassword.reveal();
  await fillSampleDatabase(superuser, managerPassword);

  const [httpPort, postgresPort] = await availablePorts([ports.http, ports.postgres]);
  await writeDemoConfig(configFile, {
    httpPort,
    postgresPort,
    upstreamPort: postgres.port,
    people,
    managerPasswordFile: './demo/manager-password',
    connectButtonSecretFile: './demo/connect-button-secret',
  });
  progress('Making the roles');
  // Variables for a gateway of their own must not bend the demo's.
  const loaded = await loadConfig(configFile, { env: {} });
  if (loaded.outcome === 'invalid') throw new Error(formatProblems(loaded.problems, configFile));
  await prepareRoles(loaded.config);
  const running = opened.move();
  return {
    configFile,
    users: people.map(({ username, password, group }) => ({ username, password, group })),
    postgres,
    databaseUrl: `postgres://postgres@127.0.0.1:${postgres.port}/${sample.database}`,
    superuserPasswordFile,
    stop: () => running.disposeAsync(),
  };
}

/** Tokens and sign-ins belong to an address: with another one, everything that was given out would be worth nothing. */
async function portsOfLastStart(configFile: string): Promise<DemoPorts | undefined> {
  const loaded = await loadConfig(configFile, { env: {} });
  if (loaded.outcome === 'invalid') return undefined;
  const { listen, databases } = loaded.config;
  const upstream = databases.get(sample.database)?.port;
  if (listen.http === undefined || listen.postgres === undefined || upstream === undefined) return undefined;
  return { http: listen.http.port, postgres: listen.postgres.port, upstream };
}

async function keepSecret(file: string): Promise<Secret> {
  return new Secret((await keepFile(file, async () => `${newId()}\n`)).trimEnd());
}
