import { randomBytes } from 'node:crypto';
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { stringify } from 'yaml';
import { loadConfig } from '../../packages/server/src/config/index.ts';
import { newId } from '../../packages/server/src/core/index.ts';
import { freePort } from '../../packages/server/src/demo/free-port.ts';
import { type Gateway, openWorkspace, startGateway } from '../../packages/server/src/index.ts';
import { disablePerson, enablePerson, type Workspace } from '../../packages/server/src/operator/index.ts';
import { type CertificatePair, makeAuthority, type TestAuthority, writeCertificate } from './certificates.ts';
import { startMariadb } from './mysql.ts';
import { startRedis } from './redis.ts';
import { startSampleDatabase } from './sample-database.ts';

/** A gateway over TLS that takes certificates of an authority, with a database of each engine behind it. */
export interface CertificateGateway {
  readonly gateway: Gateway;
  readonly issuer: string;
  readonly authority: TestAuthority;
  /** Paths of the gateway's own certificate and of the client's, for stock programs. */
  files(pair: CertificatePair, name: string): Promise<{ certificate: string; privateKey: string }>;
  /** Replaces the revocation list. */
  revoke(pairs: readonly CertificatePair[], nextUpdate?: Date): Promise<void>;
  /** Replaces it by something that is none. */
  spoilList(): Promise<void>;
  disable(person: string): Promise<void>;
  enable(person: string): Promise<void>;
  port(door: 'postgres' | 'mysql' | 'redis' | 'redshift' | 'http'): number;
  stop(): Promise<void>;
}

/** Starts all of it. `clients` are entries of the configuration. */
export async function startCertificateGateway(
  clients: Readonly<Record<string, unknown>> = {},
): Promise<CertificateGateway> {
  await using started = new AsyncDisposableStack();
  const [sample, mariadb, redis] = await Promise.all([startSampleDatabase(), startMariadb(), startRedis()]);
  for (const server of [sample, mariadb, redis]) started.defer(() => server.stop());
  const password = newId();
  const root = await mariadb.adminClient();
  for (const statement of [
    'CREATE DATABASE shop',
    `CREATE USER shop_reader@'%' IDENTIFIED BY '${password}'`,
    `GRANT SELECT ON shop.* TO shop_reader@'%'`,
  ])
    await root.query(statement);
  await root.end();
  const cache = await redis.adminClient();
  await cache.call('ACL', 'SETUSER', 'cache_reader', 'on', `>${password}`, '~*', '+@read', '+@connection');
  await cache.call('SET', 'colour', 'blue');
  cache.disconnect();

  const folder = await mkdtemp(join(tmpdir(), 'grantway-certificates-'));
  started.defer(() => rm(folder, { recursive: true, force: true }));
  const authority = await makeAuthority('People');
  const list = join(folder, 'people.crl');
  const writeList = async (content: string) => {
    await writeFile(`${list}.new`, content);
    await rename(`${list}.new`, list);
  };
  await writeList(await authority.revocationList([]));
  await writeFile(join(folder, 'people.crt'), authority.certificate);
  const own = await writeCertificate(await authority.issue(['127.0.0.1', 'localhost']), folder, 'server');

  const issuer = `https://127.0.0.1:${await freePort()}`;
  const postgres = (engine: string) => ({
    engine,
    host: sample.server.host,
    port: sample.server.port,
    database: 'authdb',
    tls: 'off',
    roles: {
      readwrite: {
        login: 'app_readwrite',
        password: 'env:READWRITE',
        allow: { groups: ['editor'] },
      },
      readonly: { login: 'app_readonly', password: 'env:READONLY', allow: 'everyone' },
    },
  });
  const reader = (login: string) => ({ login, password: 'env:READER', allow: 'everyone' });
  const file = join(folder, 'grantway.yaml');
  await writeFile(
    file,
    stringify({
      issuer,
      dataDir: join(folder, 'data'),
      masterKey: 'env:MASTER',
      listen: {
        http: issuer.slice('https://'.length),
        postgres: '127.0.0.1:0',
        mysql: '127.0.0.1:0',
        redis: '127.0.0.1:0',
        redshift: '127.0.0.1:0',
      },
      tls: { certificate: own.certificate, privateKey: own.privateKey },
      signIn: {
        local: {},
        card: {
          kind: 'certificate',
          authorities: 'people.crt',
          crl: 'people.crl',
          subject: '{CN}',
          groupsField: 'OU',
        },
      },
      databases: {
        authdb: postgres('postgres'),
        warehouse: { ...postgres('redshift') },
        shop: {
          engine: 'mysql',
          host: mariadb.host,
          port: mariadb.port,
          tls: 'off',
          roles: { reader: reader('shop_reader') },
        },
        cache: {
          engine: 'redis',
          host: redis.host,
          port: redis.port,
          tls: 'off',
          roles: { reader: reader('cache_reader') },
        },
      },
      clients,
    }),
  );
  const env = {
    BATCH_SECRET: 'a secret of a client in a test',
    MASTER: randomBytes(32).toString('base64'),
    READER: password,
    READWRITE: sample.passwords.readwrite,
    READONLY: sample.passwords.readonly,
  };
  // Secret references are read from the environment of the process.
  Object.assign(process.env, env);
  const loaded = await loadConfig(file, { env: {} });
  if (loaded.outcome === 'invalid') throw new Error(JSON.stringify(loaded.problems));
  const { config } = loaded;
  const logger = pino({ level: 'silent' });
  const gateway = await startGateway(config, { env: {}, logger });
  started.defer(() => gateway.close(0));

  async function withWorkspace(work: (workspace: Workspace) => Promise<unknown>): Promise<void> {
    const workspace = await openWorkspace(config, { logger });
    await work(workspace);
    await workspace.close();
  }

  const running = started.move();
  return {
    gateway,
    issuer,
    authority,
    files: (pair, name) => writeCertificate(pair, folder, name),
    revoke: async (pairs, nextUpdate) => writeList(await authority.revocationList(pairs, nextUpdate)),
    spoilList: () => writeList('not a list'),
    disable: (person) => withWorkspace((workspace) => disablePerson(workspace, person)),
    enable: (person) => withWorkspace((workspace) => enablePerson(workspace, person)),
    port: (door) => gateway.doors[door]?.port ?? 0,
    stop: () => running.disposeAsync(),
  };
}
