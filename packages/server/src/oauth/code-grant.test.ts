import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Secret } from '../core/index.ts';
import { acmeSecret, authorize, signInAndGetTokens, startTestBed, type TestBed } from './testing/index.ts';

const acme = { clientId: 'acme-bi', secret: acmeSecret, redirectUri: 'https://bi.acme.example/callback' };

describe('the code grant', () => {
  let bed: TestBed;
  beforeAll(async () => {
    bed = await startTestBed();
  });
  afterAll(() => bed[Symbol.asyncDispose]());

  it('gives a token that says what a program needs to connect', async () => {
    const { tokens, pages } = await signInAndGetTokens(bed, {
      ...acme,
      parameters: { scope: 'db:authdb', state: 'kept' },
    });
    expect(tokens).toMatchObject({
      token_type: 'bearer',
      scope: 'db:authdb',
      expires_in: 900,
      database: 'authdb',
      role: 'readonly',
      engine: 'postgres',
      host: '127.0.0.1',
      port: 15432,
      username: 'readonly',
    });
    expect(tokens.access_token).toMatch(/^gwt_[\w-]{43}$/);
    expect(tokens.refresh_token).toMatch(/^gwr_/);
    expect(pages.consent).toMatchObject({
      prompt: 'consent',
      client: { id: 'acme-bi', name: 'Acme BI', redirectHost: 'bi.acme.example', selfRegistered: false },
      access: [{ database: 'authdb', role: 'readonly' }],
    });
    const verdict = await bed.server.verifyToken(new Secret(tokens.access_token));
    expect(verdict).toMatchObject({
      outcome: 'valid',
      token: {
        database: 'authdb',
        roles: [],
        clientId: 'acme-bi',
        principal: { subject: 'viewer@example.com' },
      },
    });
  });

  it('F13 sends iss with the code, and with an error', async () => {
    const allowed = await authorize(bed, { ...acme, parameters: { scope: 'db:authdb' } });
    expect(allowed.url.searchParams.get('iss')).toBe(bed.issuer);
    const denied = await authorize(bed, { ...acme, parameters: { scope: 'db:sales' }, decision: 'deny' });
    expect(denied.url.searchParams.get('iss')).toBe(bed.issuer);
    expect(denied.url.searchParams.get('error')).toBe('access_denied');
  });

  it('F17 comes back by a form where the client wants one, and the page may run that one script', async () => {
    const { response } = await authorize(bed, {
      ...acme,
      parameters: { scope: 'db:authdb', response_mode: 'form_post', state: '"><script>alert(1)</script>' },
    });
    const policy = response.headers.get('content-security-policy') ?? '';
    expect(policy).toMatch(/script-src 'sha256-[\w+/=]+'/);
    expect(policy).toContain(`default-src 'none'`);
    const page = await response.text();
    expect(page).toContain('action="https://bi.acme.example/callback"');
    expect(page).not.toContain('<script>alert');
  });
});
