import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import { newId } from '../../packages/server/src/core/index.ts';
import { freePort } from '../../packages/server/src/demo/free-port.ts';
import { makeAuthority, type TestAuthority, writeCertificate } from './certificates.ts';
import { startCountingRelay } from './counting-relay.ts';
import { type DirectoryServer, startDirectoryServer } from './directory-server.ts';
import { startGateway, type TestGateway } from './gateway.ts';
import { startMariadb } from './mysql.ts';
import { startRedis } from './redis.ts';
import { startTokenIssuer, type TokenIssuer } from './token-issuer.ts';

/** What a role demands of a sign-in, as the file has it. */
export type Demand = { readonly factor: true } | { readonly signInWithin: string };

/**
 * A gateway with a database behind each door and every way to come in: tokens of its own, a provider's, a workload's, a
 * directory's passwords, certificates. Each database has one role, for everyone.
 */
export interface DemandingGateway {
  readonly gateway: TestGateway;
  readonly ports: Readonly<Record<'postgres' | 'redshift' | 'mysql' | 'redis', number>>;
  readonly authority: TestAuthority;
  readonly directory: DirectoryServer;
  /** Of provider tokens and of workloads' tokens. */
  readonly issuer: TokenIssuer;
  /** Makes every role demand this from now on, or nothing. */
  demand(demand: Demand | undefined): Promise<void>;
  /** How often any server behind the gateway was connected to. */
  upstreamConnections(): number;
  stop(): Promise<void>;
}

const databases = ['authdb', 'warehouse', 'shop', 'cache'] as const;

/** Starts all of it. */
export async function startDemandingGateway(): Promise<DemandingGateway> {
  await using started = new AsyncDisposableStack();
  const [mariadb, redis, directory, issuer, authority] = await Promise.all([
    startMariadb(),
    startRedis(),
    startDirectoryServer(),
    startTokenIssuer(),
    makeAuthority('People'),
  ]);
  for (const server of [mariadb, redis, directory, issuer]) started.defer(() => server.stop());
  const folder = await mkdtemp(join(tmpdir(), 'grantway-demanding-'));
  started.defer(() => rm(folder, { recursive: true, force: true }));
  await writeFile(join(folder, 'people.crt'), authority.certificate);
  const own = await writeCertificate(await authority.issue(['127.0.0.1', 'localhost']), folder, 'server');

  const password = newId();
  const root = await mariadb.adminClient();
  await root.query('CREATE DATABASE shop');
  await root.query(`CREATE USER shop_reader@'%' IDENTIFIED BY '${password}'`);
  await root.query(`GRANT SELECT ON shop.* TO shop_reader@'%'`);
  await root.end();
  const cache = await redis.adminClient();
  await cache.call('ACL', 'SETUSER', 'cache_reader', 'on', `>${password}`, '~*', '+@read', '+@connection');
  cache.disconnect();

  const [mysqlRelay, redisRelay] = await Promise.all([
    startCountingRelay(mariadb),
    startCountingRelay(redis),
  ]);
  const ports = {
    redshift: await freePort(),
    mysql: await freePort(),
    redis: await freePort(),
  };
  const reader = (login: string, secret = 'env:READER') => ({
    roles: { reader: { login, password: secret, allow: 'everyone' } },
  });
  const at = (engine: string, port: number) => ({ engine, host: '127.0.0.1', port, tls: 'off' });
  const gateway = await startGateway({
    config: {
      tls: { certificate: own.certificate, privateKey: own.privateKey },
      signIn: {
        local: {},
        card: { kind: 'certificate', authorities: join(folder, 'people.crt'), subject: '{CN}' },
        staff: {
          kind: 'ldap',
          directPasswords: true,
          url: directory.tlsUrl,
          tlsCa: directory.caFile,
          userDn: 'uid={username},ou=people,dc=example,dc=com',
        },
        corp: {
          kind: 'oidc',
          issuer: issuer.issuer,
          clientId: 'grantway',
          directTokens: true,
          secondFactor: { amr: ['mfa'] },
        },
      },
      workloads: {
        deploy: { issuer: issuer.issuer, audience: 'ci', claims: { repository: 'acme/app' } },
      },
    },
    databases: {
      // Where it is will be known once the server of `authdb` is there.
      warehouse: { ...at('redshift', 1), database: 'authdb', ...reader('app_readonly', 'env:TEST_READONLY') },
      shop: { ...at('mysql', mysqlRelay.port), ...reader('shop_reader') },
      cache: { ...at('redis', redisRelay.port), ...reader('cache_reader') },
    },
    listen: {
      redshift: `127.0.0.1:${ports.redshift}`,
      mysql: `127.0.0.1:${ports.mysql}`,
      redis: `127.0.0.1:${ports.redis}`,
    },
    env: { READER: password },
  });
  started.defer(() => gateway.stop());
  const postgresRelay = await startCountingRelay(gateway.database.server);
  const relays = [mysqlRelay, redisRelay, postgresRelay];
  for (const relay of relays) started.defer(() => relay.stop());

  async function demand(wanted: Demand | undefined): Promise<void> {
    const config = parse(await readFile(gateway.configFile, 'utf8'));
    for (const name of databases) {
      const { roles } = config.databases[name];
      for (const role of Object.values<Record<string, unknown>>(roles)) {
        if (wanted === undefined) delete role.require;
        else role.require = wanted;
      }
    }
    config.databases.authdb.port = postgresRelay.port;
    config.databases.warehouse.port = postgresRelay.port;
    await writeFile(gateway.configFile, stringify(config));
    await gateway.restart();
  }
  await demand(undefined);

  const running = started.move();
  return {
    gateway,
    ports: { ...ports, postgres: gateway.port },
    authority,
    directory,
    issuer,
    demand,
    upstreamConnections: () => relays.reduce((sum, { connections }) => sum + connections, 0),
    stop: () => running.disposeAsync(),
  };
}
