import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { assertRedirectHosts } from './registration-policy.ts';
import { authorize, startTestBed, type TestBed } from './testing/index.ts';

const only = { registration: { enabled: true, redirectHosts: ['acme.example', '*.tools.example'] } };

it.each([
  ['https://acme.example/cb', true],
  ['https://ACME.example/cb', true],
  ['https://a.tools.example/cb', true],
  ['https://a.b.tools.example/cb', true],
  ['http://127.0.0.1:1/cb', true],
  ['https://bi.acme.example/cb', false],
  ['https://tools.example/cb', false],
  ['https://eviltools.example/cb', false],
  ['https://acme.example.evil.example/cb', false],
  ['no address', false],
])('of hosts: %s is taken: %s', (uri, taken) => {
  const check = () => assertRedirectHosts(only, [uri]);
  if (taken) expect(check).not.toThrow();
  else expect(check).toThrow(/must lead to/);
});

describe('where registrations need approval', () => {
  let bed: TestBed;
  beforeAll(async () => {
    bed = await startTestBed({
      registration: { ...only.registration, approvedBy: { kind: 'groups', anyOf: ['admin'] } },
    });
  });
  afterAll(() => bed[Symbol.asyncDispose]());

  const register = (redirectUri: string) =>
    fetch(`${bed.issuer}/oauth/register`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ client_name: 'Tool', redirect_uris: [redirectUri] }),
    });

  it('a client that registers itself is known, and nobody can let it in before somebody approved it', async () => {
    const { client_id: clientId, client_secret: secret } = (await (
      await register('https://acme.example/cb')
    ).json()) as Record<string, string>;
    if (clientId === undefined || secret === undefined) throw new Error('it was not registered');
    const journey = { clientId, secret, parameters: { scope: 'db:sales' } };
    const local = await authorize(bed, { ...journey, redirectUri: 'http://127.0.0.1:4999/callback' });
    expect(local.pages.consent).toMatchObject({ client: { testMode: true, barred: true } });
    expect(local.url.searchParams.get('error')).toBe('access_denied');
    const away = await authorize(bed, { ...journey, redirectUri: 'https://acme.example/cb' });
    expect(away.response.status).toBe(400);

    await bed.store.applications.put({ clientId, state: 'approved', decidedBy: 'local:admin' });
    const approved = await authorize(bed, { ...journey, redirectUri: 'https://acme.example/cb' });
    expect(approved.url.searchParams.get('code')).toBeTruthy();
    expect(approved.pages.consent).toMatchObject({ client: { selfRegistered: false, testMode: false } });
  });

  it('one that leads elsewhere is refused', async () => {
    const refused = await register('https://evil.example/cb');
    expect([refused.status, await refused.json()]).toMatchObject([400, { error: 'invalid_redirect_uri' }]);
  });
});
