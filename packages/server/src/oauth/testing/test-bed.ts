import { hkdfSync } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as openid from 'openid-client';
import pino from 'pino';
import type { Audit } from '../../audit/audit.ts';
import type { AuditEvent } from '../../audit/event.ts';
import type { Config, ConfiguredClient } from '../../config/config.ts';
import {
  type AllowRule,
  type Clock,
  type Database,
  type Principal,
  principalId,
  Secret,
} from '../../core/index.ts';
import { openStore, type Store } from '../../store/index.ts';
import type { Vault } from '../../vault/vault.ts';
import {
  type AuthorizationServer,
  type ClientRegistry,
  createAuthorizationServer,
  createClientRegistry,
  createRevocation,
  type OAuthPages,
  type Revocation,
} from '../index.ts';
import { TestBrowser, target } from './test-browser.ts';

/** An authorization server on a real port, with a real store, and what a test needs around it. */
export interface TestBed extends AsyncDisposable {
  readonly issuer: string;
  readonly server: AuthorizationServer;
  readonly store: Store;
  readonly storePath: string;
  readonly clients: ClientRegistry;
  readonly revocation: Revocation;
  readonly events: AuditEvent[];
  readonly config: Config;
  /** Lets time pass, for the store and the authorization server alike. */
  readonly time: { now: number };
  /** Replaces the configuration in force. */
  reconfigure(change: Partial<Config>): void;
  /** A stranger's client, as discovery describes the server to it. */
  as(clientId: string, secret?: string): Promise<openid.Configuration>;
}

export const acmeSecret = 'acme-secret-acme-secret-acme-secret';

const acme: ConfiguredClient = {
  id: 'acme-bi',
  name: 'Acme BI',
  redirectUris: ['https://bi.acme.example/callback'],
  secret: 'env:ACME',
  scopes: [],
  grantTypes: ['authorization_code', 'refresh_token', 'client_credentials'],
};

export const viewer: Principal = person('viewer@example.com', ['viewer']);
export const admin: Principal = person('admin@example.com', ['admin']);

export async function startTestBed(change: Partial<Config> = {}): Promise<TestBed> {
  const directory = await mkdtemp(join(tmpdir(), 'grantway-oauth-'));
  const time = { now: Date.now() };
  // The library reads the machine's clock; the store and our parts follow this one.
  const clock: Clock = { now: () => Math.max(time.now, Date.now()), monotonic: () => performance.now() };
  const storePath = join(directory, 'test.db');
  const store = await openStore({ kind: 'sqlite', path: storePath }, clock);
  const events: AuditEvent[] = [];

  const http = createServer((request, response) => {
    route(request, response).catch((thrown) => {
      if (!response.headersSent) response.writeHead(500);
      response.end(String(thrown));
    });
  });
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  const issuer = `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
  let config: Config = { ...testConfig(issuer, storePath), ...change };

  const audit = auditStandIn(events);
  const revocation = createRevocation(store, audit, clock);
  const secrets = { resolve: async () => new Secret(acmeSecret) };
  const clients = createClientRegistry(store, secrets, revocation, clock);
  await clients.sync(config);
  for (const one of [viewer, admin])
    await store.people.seen({ ...one, id: principalId(one), claims: {} }, clock.now());
  const server = await createAuthorizationServer({
    config: () => config,
    store,
    vault: vaultStandIn(),
    secrets,
    audit,
    clock,
    log: pino({ level: process.env.TEST_LOG ?? 'silent' }),
    pages: plainPages,
  });

  /** The pages that `http` serves, as far as they concern OAuth. */
  async function route(...[request, response]: Parameters<AuthorizationServer['handle']>): Promise<void> {
    const [, page = '', uid = ''] = (request.url ?? '').split('/');
    if (page === 'sign-in' && request.method === 'POST')
      return server.finishSignIn(request, response, await principalIn(request));
    if (page === 'consent' && request.method === 'POST') {
      const { decision } = await formIn(request);
      return server.finishConsent(request, response, decision === 'allow' ? 'allow' : 'deny');
    }
    if (page === 'sign-in' || page === 'consent') {
      const interaction = await server.interaction(request, response, uid);
      response.writeHead(interaction === undefined ? 404 : 200, { 'content-type': 'application/json' });
      response.end(JSON.stringify(interaction ?? {}));
      return;
    }
    if (page === 'who') return void response.end((await server.signedIn(request, response)) ?? 'nobody');
    if (page === 'enter') {
      await server.signIn(request, response, await principalIn(request));
      return void response.end();
    }
    if (page === 'leave') {
      await server.signOut(request, response);
      return void response.end();
    }
    return server.handle(request, response);
  }

  return {
    issuer,
    server,
    store,
    storePath,
    clients,
    revocation,
    events,
    time,
    get config() {
      return config;
    },
    reconfigure(next) {
      config = { ...config, ...next };
    },
    as: (clientId, secret) =>
      openid.discovery(new URL(issuer), clientId, secret, undefined, {
        execute: [openid.allowInsecureRequests],
      }),
    async [Symbol.asyncDispose]() {
      http.closeAllConnections();
      await new Promise((resolve) => http.close(resolve));
      await store.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

/** How a person goes through the pages. */
export interface Journey {
  readonly clientId: string;
  readonly secret?: string;
  readonly redirectUri: string;
  readonly parameters: Record<string, string>;
  readonly who?: Principal;
  readonly decision?: 'allow' | 'deny';
  readonly browser?: TestBrowser;
}

export interface Arrived {
  readonly configuration: openid.Configuration;
  readonly verifier: string;
  /** Where the browser was sent back to, or where it stopped. */
  readonly url: URL;
  readonly response: Response;
  /** The pages on the way, by prompt, as `interaction()` described them. */
  readonly pages: Record<string, Record<string, unknown>>;
}

/** Takes a browser from the authorization request back to the client. */
export async function authorize(bed: TestBed, journey: Journey): Promise<Arrived> {
  const browser = journey.browser ?? new TestBrowser();
  const configuration = await bed.as(journey.clientId, journey.secret);
  const verifier = openid.randomPKCECodeVerifier();
  const start = openid.buildAuthorizationUrl(configuration, {
    redirect_uri: journey.redirectUri,
    code_challenge: await openid.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
    ...journey.parameters,
  });
  const { response, pages } = await throughThePages(browser, await browser.get(start), journey);
  return { configuration, verifier, url: target(response) ?? new URL(response.url), response, pages };
}

/** Answers the sign-in and consent pages until the browser leaves or is done. */
export async function throughThePages(
  browser: TestBrowser,
  first: Response,
  { who = viewer, decision = 'allow' }: Pick<Journey, 'who' | 'decision'>,
): Promise<{ readonly response: Response; readonly pages: Arrived['pages'] }> {
  const pages: Arrived['pages'] = {};
  let response = await browser.follow(first);
  for (;;) {
    const [, page = ''] = new URL(response.url).pathname.split('/');
    if ((page !== 'sign-in' && page !== 'consent') || response.status !== 200) return { response, pages };
    pages[page] = (await response.json()) as Record<string, unknown>;
    const answer: Record<string, string> = page === 'sign-in' ? { username: who.subject } : { decision };
    response = await browser.follow(await browser.post(response.url, answer));
  }
}

/** The whole code grant, down to the tokens. */
export async function signInAndGetTokens(
  bed: TestBed,
  journey: Journey & { readonly tokenParameters?: Record<string, string> },
): Promise<Arrived & { readonly tokens: Tokens }> {
  const arrived = await authorize(bed, journey);
  const tokens = await openid.authorizationCodeGrant(
    arrived.configuration,
    arrived.url,
    {
      pkceCodeVerifier: arrived.verifier,
      ...(journey.parameters.state && { expectedState: journey.parameters.state }),
    },
    journey.tokenParameters,
  );
  return { ...arrived, tokens: tokens as unknown as Tokens };
}

export interface Tokens {
  readonly access_token: string;
  readonly refresh_token: string;
  readonly scope: string;
  readonly expires_in: number;
  readonly id_token?: string;
  readonly [extra: string]: unknown;
}

/** One POST to the token endpoint, as raw as a test wants it. */
export async function tokenRequest(
  bed: TestBed,
  form: Record<string, string> | URLSearchParams,
  headers: Record<string, string> = {},
): Promise<{ readonly status: number; readonly body: Record<string, unknown> }> {
  const response = await fetch(`${bed.issuer}/oauth/token`, {
    method: 'POST',
    body: new URLSearchParams(form),
    headers,
  });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

/** The Authorization header of a client with a secret. */
export function basic(clientId: string, secret: string): Record<string, string> {
  const pair = `${encodeURIComponent(clientId)}:${encodeURIComponent(secret)}`;
  return { authorization: `Basic ${Buffer.from(pair).toString('base64')}` };
}

function person(email: string, groups: readonly string[]): Principal {
  return { method: 'local', subject: email, displayName: email, groups, claims: {} };
}

async function formIn(request: AsyncIterable<Buffer>): Promise<Record<string, string>> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  return Object.fromEntries(new URLSearchParams(Buffer.concat(chunks).toString()));
}

async function principalIn(request: AsyncIterable<Buffer>): Promise<Principal> {
  const { username } = await formIn(request);
  return username === admin.subject ? admin : viewer;
}

const everyone: AllowRule = { kind: 'everyone' };
const admins: AllowRule = { kind: 'groups', anyOf: ['admin'] };

export function database(name: string, roles: Readonly<Record<string, AllowRule>>): Database {
  return {
    name,
    engine: 'postgres',
    host: '127.0.0.1',
    port: 5432,
    upstreamName: name,
    tls: 'off',
    pool: { mode: 'session', size: 5 },
    shareAcrossPeople: false,
    audit: 'standard',
    auditParameters: false,
    roles: Object.entries(roles).map(([role, allow]) => ({
      name: role,
      login: `gw_${role}`,
      allow,
      maxSessionMs: 12 * 3_600_000,
    })),
  };
}

function testConfig(issuer: string, storePath: string): Config {
  const databases = [
    database('authdb', { admin: admins, readonly: everyone }),
    database('sales', { readonly: everyone }),
    database('vault', { owner: admins }),
    database('jobs', { writer: { kind: 'clients', anyOf: ['acme-bi'] } }),
  ];
  return {
    file: '/nowhere.yaml',
    issuer,
    dataDir: '/nowhere',
    store: { kind: 'sqlite', path: storePath },
    masterKey: 'env:NONE',
    listen: { http: { host: '127.0.0.1', port: 8400 }, postgres: { host: '127.0.0.1', port: 15432 } },
    signIn: [{ kind: 'local', name: 'local' }],
    databases: new Map(databases.map((one) => [one.name, one])),
    clients: [acme],
    users: [],
    tokens: { accessMs: 15 * 60_000, refreshMs: 30 * 86_400_000, browserSessionMs: 12 * 3_600_000 },
    registration: { enabled: false },
  };
}

/** Stands in for the audit: keeps what was recorded. The real one has tests of its own. */
function auditStandIn(events: AuditEvent[]): Audit {
  return {
    record: (event) => void events.push(event),
    recordDurably: async (event) => void events.push(event),
    failed: false,
    onFailure: () => {},
    close: async () => {},
  };
}

/** Stands in for the vault: in memory, unsealed. */
function vaultStandIn(): Vault {
  const kept = new Map<string, Secret>();
  return {
    put: async (kind, id, secret) => void kept.set(`${kind}/${id}`, secret),
    open: async (kind, id) => kept.get(`${kind}/${id}`),
    remove: async (kind, id) => void kept.delete(`${kind}/${id}`),
    derive: async (purpose) => Buffer.from(hkdfSync('sha256', 'test', '', purpose, 32)),
  };
}

/** Pages that show their fields, so that a test reads them. */
const plainPages: OAuthPages = {
  deviceInput: (page) => JSON.stringify({ page: 'input', ...page }),
  deviceConfirm: (page) => JSON.stringify({ page: 'confirm', ...page }),
  deviceSuccess: (page) => JSON.stringify({ page: 'success', ...page }),
  signOutConfirm: (page) => JSON.stringify({ page: 'sign-out', ...page }),
  signedOut: () => JSON.stringify({ page: 'signed-out' }),
  error: (page) => JSON.stringify({ page: 'error', ...page }),
};
