import * as openid from 'openid-client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Secret } from '../core/index.ts';
import {
  amongUnusedClients,
  authorize,
  signInAndGetTokens,
  startTestBed,
  type TestBed,
} from './testing/index.ts';

const id = 'https://app.example/client.json';
const fine = {
  client_id: id,
  client_name: 'App',
  redirect_uris: ['https://app.example/callback', 'http://127.0.0.1/cb'],
  token_endpoint_auth_method: 'none',
};

describe('a client whose id is the address of a document', () => {
  let bed: TestBed;
  let documents: Record<string, unknown> = {};
  let fetched: string[] = [];
  const type = { 'content-type': 'application/json' };
  const start = (registration: TestBed['config']['registration']) =>
    startTestBed(
      { registration },
      {
        fetchDocument: async (url) => {
          fetched.push(url);
          const body = documents[url];
          return body === undefined
            ? { status: 404, headers: type, body: '' }
            : { status: 200, headers: type, body: typeof body === 'string' ? body : JSON.stringify(body) };
        },
      },
    );
  beforeAll(async () => {
    bed = await start({ enabled: false, metadataDocuments: true });
  });
  afterAll(() => bed[Symbol.asyncDispose]());

  const journey = (clientId: string, redirectUri = 'https://app.example/callback') => ({
    clientId,
    redirectUri,
    parameters: { scope: 'db:sales' },
  });
  let count = 0;
  /** Each case has an address of its own, since documents are kept. */
  const publish = (change: Record<string, unknown>): string => {
    count += 1;
    const address = `https://app.example/${count}.json`;
    documents = { ...documents, [address]: { ...fine, client_id: address, ...change } };
    return address;
  };

  it('is announced, signs people in with a warning, and is fetched once', async () => {
    documents = { [id]: { ...fine, grantway_origin: 'config', grantway_scope: 'db:vault' } };
    fetched = [];
    const { tokens, pages, configuration } = await signInAndGetTokens(bed, journey(id));
    expect(configuration.serverMetadata().client_id_metadata_document_supported).toBe(true);
    expect(pages.consent).toMatchObject({
      client: { id, name: 'App', selfRegistered: true, redirectHost: 'app.example' },
    });
    expect(fetched).toEqual([id]);
    const verdict = await bed.server.verifyToken(new Secret(tokens.access_token));
    expect(verdict).toMatchObject({ outcome: 'valid', token: { clientId: id, database: 'sales' } });
    // The consent is listed, and the person asked again each time.
    expect(await bed.server.consents('local:viewer@example.com')).toMatchObject([{ clientId: id }]);
    expect(Object.keys((await authorize(bed, journey(id))).pages)).toContain('consent');
    const renewed = await openid.refreshTokenGrant(configuration, tokens.refresh_token);
    expect(renewed.access_token).toMatch(/^gwt_/);
  });

  it('may come back on any port of the person’s own machine, though it does not say that it is native', async () => {
    const clientId = publish({});
    const { url } = await authorize(bed, journey(clientId, 'http://127.0.0.1:51234/cb'));
    expect(url.port).toBe('51234');
    expect(url.searchParams.get('code')).toBeTruthy();
  });

  it('is refused once it is disabled', async () => {
    const clientId = publish({});
    await authorize(bed, journey(clientId));
    await bed.store.clients.disable(clientId);
    expect((await authorize(bed, journey(clientId))).response.status).toBe(400);
  });

  it.each<readonly [string, Readonly<Record<string, unknown>>]>([
    ['leads people to another place', { redirect_uris: ['https://evil.example/callback'] }],
    ['leads people to another port', { redirect_uris: ['https://app.example:8443/callback'] }],
    ['says that it is somebody else', { client_id: 'https://other.example/client.json' }],
    ['holds a secret', { client_secret: 'x' }],
    ['wants to use a secret', { token_endpoint_auth_method: 'client_secret_basic' }],
    ['has a name with markup', { client_name: '<b>App</b>' }],
    ['has no redirect URI', { redirect_uris: [] }],
    ['has redirect URIs that are no list', { redirect_uris: 'https://app.example/callback' }],
  ])('is refused when its document %s', async (_what, change) => {
    const redirect = Array.isArray(change.redirect_uris) ? change.redirect_uris[0] : undefined;
    const arrived = await authorize(bed, journey(publish(change), redirect));
    expect(arrived.pages).toEqual({});
    expect(arrived.response.status).toBe(400);
  });

  it.each([
    ['is missing', undefined],
    ['is no JSON', '{'],
    ['is a list', []],
    ['is nothing', 'null'],
  ])('is refused when its document %s', async (_what, body) => {
    const clientId = publish({});
    documents = { ...documents, [clientId]: body };
    expect((await authorize(bed, journey(clientId))).response.status).toBe(400);
  });

  it.each(['http://app.example/c.json', 'https://app.example/../c.json', 'https://app.example/c.json#x'])(
    'is not fetched from %s',
    async (clientId) => {
      fetched = [];
      documents = { ...documents, [clientId]: { ...fine, client_id: clientId } };
      expect((await authorize(bed, journey(clientId))).response.status).toBe(400);
      expect(fetched).toEqual([]);
    },
  );

  it('is not fetched beyond the limit of an address', async () => {
    await bed.store.attempts.add('client-document:127.0.0.1', 60_000, bed.time.now, 60);
    fetched = [];
    expect((await authorize(bed, journey(publish({})))).response.status).toBe(400);
    expect(fetched).toEqual([]);
    await bed.store.attempts.clear('client-document:127.0.0.1');
  });

  it('is refused while ten thousand others wait that nobody has used, unless it is known already', async () => {
    const known = publish({});
    await authorize(bed, journey(known));
    const another = publish({});
    const statusOf = async (clientId: string) => (await authorize(bed, journey(clientId))).response.status;
    expect(await amongUnusedClients(bed, () => statusOf(another))).toBe(429);
    expect(await bed.store.clients.get(another)).toBeUndefined();
    expect(await amongUnusedClients(bed, () => authorize(bed, journey(known)))).toMatchObject({
      pages: { consent: expect.anything() },
    });
  });

  it('waits for approval where registrations do, and may lie only where they may lead', async () => {
    await using strict = await start({
      enabled: false,
      metadataDocuments: true,
      redirectHosts: ['app.example'],
      approvedBy: { kind: 'groups', anyOf: ['admin'] },
    });
    const clientId = publish({});
    const before = await authorize(strict, journey(clientId));
    expect(before.url.searchParams.get('error')).toBe('access_denied');
    await strict.store.applications.put({ clientId, state: 'approved', decidedBy: 'local:admin' });
    const after = await authorize(strict, journey(clientId));
    expect(after.url.searchParams.get('code')).toBeTruthy();

    fetched = [];
    const elsewhere = 'https://other.example/client.json';
    expect((await authorize(strict, journey(elsewhere))).response.status).toBe(400);
    expect(fetched).toEqual([]);
  });

  it('is an unknown one by default', async () => {
    await using closed = await start({ enabled: false });
    fetched = [];
    expect((await authorize(closed, journey(publish({})))).response.status).toBe(400);
    expect(fetched).toEqual([]);
  });
});
