import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FastifyInstance, FastifyPluginAsync } from 'fastify';
import { pino } from 'pino';
import { type AuditEvent, checkpointKeyPurpose, openAudit } from '../../audit/index.ts';
import type { Config } from '../../config/index.ts';
import { type Clock, type Database, Refusal, type Role, type RoleDemand, Secret } from '../../core/index.ts';
import { sampleDatabase, sampleRole } from '../../core/testing/index.ts';
import {
  hashPassword,
  localMethod,
  passkeys,
  type SecondFactors,
  secondFactors,
} from '../../identity/index.ts';
import {
  createApplications,
  createAuthorizationServer,
  createClientRegistry,
  createProviderWord,
  createRevoker,
  type Revoker,
} from '../../oauth/index.ts';
import { openStore, type Store } from '../../store/index.ts';
import { createMasterKey, loadMasterKey, openVault, secretSource } from '../../vault/index.ts';
import type { HttpTls } from '../http-listener.ts';
import { createHttpServer, type HealthReport, oauthPages, storedSessionControl } from '../index.ts';

/** What differs from the plain site of the tests. */
export interface SiteOptions {
  /** A name for passkeys, which know no addresses. */
  readonly host?: 'localhost';
  /** What the one role of the database `payroll` demands of a sign-in. */
  readonly demand?: RoleDemand;
  /** `https` needs {@link SiteOptions.tls}. */
  readonly scheme?: 'http' | 'https';
  readonly tls?: HttpTls;
  readonly plugins?: readonly FastifyPluginAsync[];
  /** Further redirect URIs of the application `acme`. */
  readonly redirectUris?: readonly string[];
  readonly limits?: Config['limits'];
  readonly registration?: Config['registration'];
  readonly trustedProxies?: readonly string[];
  /** What the config says of the people of this site; they sign in by password all the same. */
  readonly signIn?: Config['signIn'];
}

/** The door under test, and the levers to move what is behind it. */
export interface Site {
  readonly app: FastifyInstance;
  readonly issuer: string;
  readonly store: Store;
  readonly factors: SecondFactors;
  readonly revoker: Revoker;
  readonly clock: { offset: number };
  /** What was recorded, in order. */
  readonly events: readonly AuditEvent[];
  /** What the log says, line by line. */
  readonly log: readonly string[];
  health: HealthReport;
  auditFails: boolean;
  stop(): Promise<void>;
}

/** The people of the site, each in the group of the same name, with their passwords. */
export const people = { viewer: 'viewer has a password', admin: 'admin has a password' } as const;

/** Starts the pages of a gateway on a real store, with the local {@link people}. */
export async function startSite(options: SiteOptions = {}): Promise<Site> {
  const folder = await mkdtemp(join(tmpdir(), 'grantway-http-'));
  const port = await freePort();
  const issuer = `${options.scheme ?? 'http'}://${options.host ?? '127.0.0.1'}:${port}`;
  const time = { offset: 0 };
  const clock: Clock = { now: () => Date.now() + time.offset, monotonic: () => performance.now() };
  const log: string[] = [];
  const logger = pino({ level: 'info' }, { write: (line) => void log.push(line) });

  const store = await openStore({ kind: 'sqlite', path: join(folder, 'grantway.db') }, clock);
  await createMasterKey(join(folder, 'master.key'));
  const secrets = secretSource(folder);
  const vault = await openVault({ store, masterKey: await loadMasterKey('file:./master.key', folder) });
  const real = await openAudit({
    directory: join(folder, 'audit'),
    chain: 'test',
    signingKey: await vault.derive(checkpointKeyPurpose),
    checkpoints: store.checkpoints,
    clock,
    log: { problem: () => {}, note: () => {} },
    groupMs: 1,
  });
  const events: AuditEvent[] = [];
  const levers = { health: { store: 'up' } as HealthReport, auditFails: false };
  const audit = {
    ...real,
    record(event: AuditEvent) {
      events.push(event);
      real.record(event);
    },
    async recordDurably(event: AuditEvent) {
      if (levers.auditFails) throw new Refusal('audit_unavailable');
      events.push(event);
      await real.recordDurably(event);
    },
  };

  const config = {
    ...siteConfig(issuer, folder, port, options),
    ...(options.limits && { limits: options.limits }),
    ...(options.registration && { registration: options.registration }),
    ...(options.signIn && { signIn: options.signIn }),
    ...(options.trustedProxies && { trustedProxies: options.trustedProxies }),
  };
  const revoker = createRevoker(store, audit, clock);
  const registry = createClientRegistry(store, secrets, revoker, clock);
  await registry.sync(config);
  for (const [name, password] of Object.entries(people)) {
    const id = `local:${name}@example.com`;
    await store.people.put(
      { id, displayName: `${name}@example.com`, groups: [name], claims: {} },
      clock.now(),
    );
    await store.people.setPassword(id, { hash: await hashPassword(new Secret(password)) });
  }
  const authorizationServer = await createAuthorizationServer({
    config: () => config,
    store,
    vault,
    audit,
    clock,
    log: logger,
    pages: oauthPages,
  });
  const signInMethods = [
    localMethod({ name: 'local', people: store.people, attempts: store.attempts, clock }),
  ];
  const factors = secondFactors({ store, secrets: vault, clock });
  const app = await createHttpServer({
    config: () => config,
    authorizationServer,
    applications: createApplications({
      config: () => config,
      store,
      registry,
      revoker,
      audit,
      clock,
    }),
    signInMethods,
    providerWord: createProviderWord({ signInMethods, store, vault, revoker, clock, log: logger }),
    store,
    factors,
    passkeys: passkeys({ store, clock, issuer }),
    audit,
    vault,
    clock,
    log: logger,
    health: async () => levers.health,
    sessions: storedSessionControl(store, audit, clock),
    ...(options.tls && { tls: options.tls }),
    plugins: options.plugins ?? [],
  });
  await app.listen({ host: '127.0.0.1', port });
  return Object.assign(levers, {
    app,
    issuer,
    store,
    factors,
    revoker,
    clock: time,
    events,
    log,
    async stop() {
      await app.close();
      await real.close();
      await store.close();
      await rm(folder, { recursive: true });
    },
  });
}

/** The issuer holds the port, so it must be known before the door listens. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address !== null ? address.port : 0;
}

function siteConfig(
  issuer: string,
  folder: string,
  port: number,
  { redirectUris = [], demand }: SiteOptions,
): Config {
  return {
    file: join(folder, 'grantway.yaml'),
    issuer,
    dataDir: folder,
    store: { kind: 'sqlite', path: join(folder, 'grantway.db') },
    masterKey: 'file:./master.key',
    listen: { http: { host: '127.0.0.1', port }, postgres: { host: '127.0.0.1', port: 15432 } },
    advertise: {},
    signIn: [{ kind: 'local', name: 'local' }],
    workloads: [],
    scim: [],
    databases: new Map([
      [
        'authdb',
        database('authdb', [role('admin', 'admin', ['admin']), role('readonly', 'read', 'everyone')]),
      ],
      [
        'payroll',
        database('payroll', [{ ...role('auditor', 'read', ['admin']), ...(demand && { require: demand }) }]),
      ],
    ]),
    clients: [
      {
        id: 'acme',
        name: 'Acme <BI>',
        redirectUris: ['https://bi.acme.example/callback', 'http://127.0.0.1:1/callback', ...redirectUris],
        scopes: ['db:authdb', 'db:payroll'],
        grantTypes: ['authorization_code', 'refresh_token'],
      },
    ],
    users: [],
    tokens: {
      accessMs: 15 * 60_000,
      refreshMs: 30 * 86_400_000,
      browserSessionMs: 12 * 3_600_000,
      signingKeyMs: 90 * 86_400_000,
      signingKeyNoticeMs: 86_400_000,
    },
    limits: {},
    registration: { enabled: false },
  };
}

function database(name: string, roles: readonly Role[]): Database {
  return sampleDatabase({ name, upstreamName: name, roles });
}

function role(name: string, template: 'read' | 'write' | 'admin', who: 'everyone' | readonly string[]): Role {
  return sampleRole({
    name,
    login: `gw_${name}`,
    grants: { kind: 'template', template },
    allow: who === 'everyone' ? { kind: 'everyone' } : { kind: 'groups', anyOf: who },
  });
}
