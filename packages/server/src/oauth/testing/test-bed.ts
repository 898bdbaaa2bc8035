import { createSecretKey, randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as openid from 'openid-client';
import pino from 'pino';
import { type Audit, type AuditEvent, openAudit } from '../../audit/index.ts';
import type { Config } from '../../config/index.ts';
import { type Clock, type ProvenSignIn, principalId } from '../../core/index.ts';
import { openStore, type Store } from '../../store/index.ts';
import { openVault, secretSource } from '../../vault/index.ts';
import {
  type AuthorizationServer,
  type AuthorizationServerParts,
  type ClientRegistry,
  createAuthorizationServer,
  createClientRegistry,
  createRevoker,
  type OAuthPages,
  type Revoker,
} from '../index.ts';
import { acmeSecret, admin, testConfig, viewer } from './test-config.ts';

/** An authorization server on a real port, with a real store, and what a test needs around it. */
export interface TestBed extends AsyncDisposable {
  readonly issuer: string;
  readonly server: AuthorizationServer;
  /** What the server is made of, for a second one on the same store. */
  readonly parts: AuthorizationServerParts;
  readonly store: Store;
  readonly storePath: string;
  readonly clients: ClientRegistry;
  readonly revoker: Revoker;
  readonly events: AuditEvent[];
  readonly audit: Audit;
  readonly config: Config;
  /** Lets time pass, for the store and the authorization server alike. */
  readonly time: { now: number };
  /** Replaces the configuration in force. */
  reconfigure(change: Partial<Config>): void;
  /** A stranger's client, as discovery describes the server to it. */
  as(clientId: string, secret?: string): Promise<openid.Configuration>;
}

/** Starts an authorization server on a real store and a real port, with pages that hand out JSON. */
export async function startTestBed(
  change: Partial<Config> = {},
  more: Pick<AuthorizationServerParts, 'fetchDocument'> = {},
): Promise<TestBed> {
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

  const vault = await openVault({ store, masterKey: createSecretKey(randomBytes(32)) });
  const chain = await openAudit({
    directory: join(directory, 'audit'),
    chain: 'test',
    signingKey: await vault.derive('audit'),
    checkpoints: store.checkpoints,
    clock,
    log: { problem: () => {}, note: () => {} },
    groupMs: 1,
  });
  const audit = observed(chain, events);
  const revoker = createRevoker(store, audit, clock);
  await writeFile(join(directory, 'acme-secret'), acmeSecret, { mode: 0o600 });
  const secrets = secretSource(directory);
  const clients = createClientRegistry(store, secrets, revoker, clock);
  await clients.sync(config);
  for (const one of [viewer, admin])
    await store.people.seen({ ...one, id: principalId(one), claims: {} }, clock.now());
  const parts: AuthorizationServerParts = {
    config: () => config,
    store,
    vault,
    audit,
    clock,
    log: pino({ level: process.env.TEST_LOG ?? 'silent' }),
    pages: plainPages,
    ...more,
  };
  const server = await createAuthorizationServer(parts);

  /** What a sign-in method would do. */
  async function signedInAs(request: AsyncIterable<Buffer>): Promise<ProvenSignIn> {
    const mark = await store.people.signInMark();
    const { username, methods, at } = await formIn(request);
    const principal = username === admin.subject ? admin : viewer;
    await store.people.seen({ ...principal, id: principalId(principal), claims: {} }, clock.now());
    const proof = { methods: (methods ?? 'pwd').split(' '), at: at === undefined ? clock.now() : Number(at) };
    return { principal, proof, mark };
  }

  /** The pages that `http` serves, as far as they concern OAuth. */
  async function route(...[request, response]: Parameters<AuthorizationServer['handle']>): Promise<void> {
    const [, page = '', uid = ''] = (request.url ?? '').split('/');
    if (page === 'sign-in' && request.method === 'POST')
      return void (await server.finishSignIn(request, response, await signedInAs(request)));
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
      await server.signIn(request, response, await signedInAs(request));
      return void response.end();
    }
    if (page === 'leave') {
      await server.signOut(request, response);
      return void response.end();
    }
    // As `http` sets it: the library adds the hash of its one script to an empty list.
    response.setHeader('content-security-policy', `script-src; default-src 'none'; base-uri 'none'`);
    return server.handle(request, response);
  }

  return {
    issuer,
    server,
    parts,
    store,
    storePath,
    clients,
    revoker,
    events,
    audit,
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
      await chain.close();
      await store.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

async function formIn(request: AsyncIterable<Buffer>): Promise<Record<string, string>> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  return Object.fromEntries(new URLSearchParams(Buffer.concat(chunks).toString()));
}

/** The audit, with what it is given kept for the test to see. */
function observed(audit: Audit, events: AuditEvent[]): Audit {
  return {
    record(event) {
      audit.record(event);
      events.push(event);
    },
    async recordDurably(event) {
      await audit.recordDurably(event);
      events.push(event);
    },
    get failed() {
      return audit.failed;
    },
    onFailure: (listener) => audit.onFailure(listener),
    close: () => audit.close(),
  };
}

/** Pages that show their fields, so that a test reads them. */
const plainPages: OAuthPages = {
  deviceInput: (page) => JSON.stringify({ page: 'input', ...page }),
  deviceConfirm: (page) => JSON.stringify({ page: 'confirm', ...page }),
  deviceSuccess: (page) => JSON.stringify({ page: 'success', ...page }),
  signOutConfirm: (page) => JSON.stringify({ page: 'sign-out', ...page }),
  signedOut: (page) => JSON.stringify({ page: 'signed-out', ...page }),
  error: (page) => JSON.stringify({ page: 'error', ...page }),
};
