import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { verifies } from '../../../../tests/requirements.ts';
import {
  amongUnusedClients,
  authorize,
  signInAndGetTokens,
  startTestBed,
  type TestBed,
} from './testing/index.ts';

describe('a client that registers itself', () => {
  let bed: TestBed;
  beforeAll(async () => {
    bed = await startTestBed({ registration: { enabled: true } });
  });
  afterAll(() => bed[Symbol.asyncDispose]());

  const register = async (metadata: unknown) => {
    // Each case has a limit of its own: what is tested is the metadata.
    await bed.store.attempts.clear('registration:127.0.0.1');
    const response = await fetch(`${bed.issuer}/oauth/register`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(metadata),
    });
    return { status: response.status, body: (await response.json()) as Record<string, string> };
  };

  it('F10 F12 gets an id and a secret that is stored as a hash, and its consent is asked each time', async () => {
    const { status, body } = await register({
      client_name: 'Their tool',
      redirect_uris: ['https://tool.example/cb'],
      scope: 'db:sales openid',
      grantway_origin: 'builtin',
      grantway_scope: 'db:vault',
      logo_uri: 'https://169.254.169.254/logo.png',
    });
    expect(status).toBe(201);
    expect(body).toMatchObject({
      client_name: 'Their tool',
      scope: 'db:sales openid',
      application_type: 'web',
    });
    expect(body).not.toHaveProperty('logo_uri');
    expect(body).not.toHaveProperty('grantway_origin');
    const stored = await bed.store.clients.get(body.client_id ?? '');
    expect(stored).toMatchObject({ origin: 'registration', disabled: false });
    expect(JSON.stringify(stored)).not.toContain(body.client_secret);

    const journey = {
      clientId: body.client_id ?? '',
      secret: body.client_secret ?? '',
      redirectUri: 'https://tool.example/cb',
      parameters: { scope: 'db:sales' },
    };
    const first = await authorize(bed, journey);
    expect(first.pages.consent).toMatchObject({ client: { selfRegistered: true, name: 'Their tool' } });
    expect(Object.keys((await authorize(bed, journey)).pages)).toEqual(['sign-in', 'consent']);
    const beyond = await authorize(bed, { ...journey, parameters: { scope: 'db:vault' } });
    expect(await beyond.response.json()).toMatchObject({ page: 'error', error: 'invalid_scope' });
  });

  it(
    verifies(
      'oauth21-8.1-native-without-secret',
      'with addresses of its own machine alone is a native one: any port will do, and no secret is asked for',
    ),
    async () => {
      const { body } = await register({
        client_name: 'Desktop',
        redirect_uris: ['http://127.0.0.1/cb'],
        token_endpoint_auth_method: 'none',
      });
      expect(body).toMatchObject({ application_type: 'native' });
      expect(body).not.toHaveProperty('client_secret');
      const { url, tokens } = await signInAndGetTokens(bed, {
        clientId: body.client_id ?? '',
        redirectUri: 'http://127.0.0.1:49999/cb',
        parameters: { scope: 'db:sales' },
      });
      expect(url.port).toBe('49999');
      expect(tokens.access_token).toMatch(/^gwt_/);
    },
  );

  it('with addresses of its own machine and of its maker is a native one too', async () => {
    const { body } = await register({
      client_name: 'Editor',
      redirect_uris: ['https://editor.example/redirect', 'http://127.0.0.1/', 'http://localhost:33418/'],
      token_endpoint_auth_method: 'none',
    });
    expect(body).toMatchObject({ application_type: 'native' });
    for (const redirectUri of ['http://127.0.0.1:49999/', 'https://editor.example/redirect']) {
      const { url } = await authorize(bed, {
        clientId: body.client_id ?? '',
        redirectUri,
        parameters: { scope: 'db:sales' },
      });
      expect(url.href).toContain(`${redirectUri}?code=`);
    }
  });

  const fine = { client_name: 'x', redirect_uris: ['https://a.example/cb'] };
  it.each([
    ['a script as redirect URI', { ...fine, redirect_uris: ['javascript:alert(1)'] }],
    ['data as redirect URI', { ...fine, redirect_uris: ['data:text/html,x'] }],
    ['plain http elsewhere', { ...fine, redirect_uris: ['http://a.example/cb'] }],
    ['a private scheme', { ...fine, redirect_uris: ['com.example.app:/cb'] }],
    ['a wildcard', { ...fine, redirect_uris: ['https://*.example/cb'] }],
    ['a fragment', { ...fine, redirect_uris: ['https://a.example/cb#x'] }],
    ['a host that would end a header', { ...fine, redirect_uris: ['https://a;b.example/cb'] }],
    ['user info', { ...fine, redirect_uris: ['https://a.example@evil.example/cb'] }],
    ['no redirect URI', { client_name: 'x', redirect_uris: [] }],
    ['redirect URIs that are no list', { ...fine, redirect_uris: 'https://a.example/cb' }],
    ['H01 keys at an address', { ...fine, jwks_uri: 'http://169.254.169.254/' }],
    ['H01 a sector at an address', { ...fine, sector_identifier_uri: 'https://169.254.169.254/' }],
    ['a name with markup', { ...fine, client_name: '<img src=x>' }],
    ['a name that turns the text around', { ...fine, client_name: 'x\u202Eknab' }],
    ['a name of blanks', { ...fine, client_name: '   ' }],
    ['a name of letters that nobody sees', { ...fine, client_name: '\u3164\u2800' }],
    ['a name of two lines', { ...fine, client_name: 'x\u2028y' }],
    ['a name that is too long', { ...fine, client_name: 'x'.repeat(101) }],
    ['a name that is no text', { ...fine, client_name: { toString: 'x' } }],
    ['the client credentials grant', { ...fine, grant_types: ['client_credentials'] }],
    ['the implicit grant', { ...fine, response_types: ['token'] }],
    ['a list instead of metadata', []],
    ['nothing', null],
  ])('F12 is refused with %s', async (_what, metadata) => {
    const { status, body } = await register(metadata);
    expect(status).toBe(400);
    expect(body.error).toMatch(/^invalid_(redirect_uri|client_metadata|request)$/);
  });

  it.each([
    ['client_name', '<img src=x>', 'invalid_client_metadata'],
    ['redirect_uris', ['javascript:alert(1)'], 'invalid_redirect_uri'],
    ['post_logout_redirect_uris', ['javascript:alert(1)'], 'invalid_client_metadata'],
  ])('is told that %s is what is wrong', async (field, value, error) => {
    const { body } = await register({ ...fine, [field]: value });
    expect(body).toMatchObject({ error, error_description: expect.stringMatching(`^${field}: `) });
  });

  it('is on record with its name and where it came from, and is not made when that cannot be', async () => {
    const { body } = await register({ ...fine, client_name: 'On record' });
    expect(bed.events).toContainEqual({
      type: 'admin',
      action: 'client_registered',
      target: body.client_id,
      by: 'registration',
      detail: 'On record',
      remoteAddress: '127.0.0.1',
    });
    const { recordDurably } = bed.audit;
    const before = (await bed.store.clients.list()).length;
    bed.audit.recordDurably = () => Promise.reject(new Error('disk full'));
    expect((await register(fine)).status).toBe(500);
    bed.audit.recordDurably = recordDurably;
    expect(await bed.store.clients.list()).toHaveLength(before);
  });

  it('F12 is refused while ten thousand others wait that nobody has used', async () => {
    const { status, body } = await amongUnusedClients(bed, () => register(fine));
    expect(status).toBe(429);
    expect(body).toMatchObject({
      error: 'temporarily_unavailable',
      error_description: expect.stringContaining('Too many clients have registered and were never used'),
    });
    expect((await register(fine)).status).toBe(201);
  });

  it('F12 is limited by address', async () => {
    let status = 0;
    for (let tries = 0; tries < 25 && status !== 429; tries++)
      status = (
        await fetch(`${bed.issuer}/oauth/register`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: '{}',
        })
      ).status;
    expect(status).toBe(429);
  });
});
