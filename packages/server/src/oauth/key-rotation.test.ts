import {
  createLocalJWKSet,
  createRemoteJWKSet,
  decodeProtectedHeader,
  type JSONWebKeySet,
  jwtVerify,
} from 'jose';
import * as openid from 'openid-client';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Secret } from '../core/index.ts';
import { tokenExchangeGrant } from './index.ts';
import { announceKey, replaceKeys } from './signing-keys/index.ts';
import {
  acmeSecret,
  basic,
  signInAndGetTokens,
  startTestBed,
  type TestBed,
  TestBrowser,
  throughThePages,
  tokenRequest,
} from './testing/index.ts';

const hour = 3_600_000;
const acme = {
  clientId: 'acme-bi',
  secret: acmeSecret,
  redirectUri: 'https://bi.acme.example/callback',
  parameters: { scope: 'openid db:authdb' },
};
const cli = {
  clientId: 'grantway-cli',
  redirectUri: 'http://127.0.0.1:7777/callback',
  parameters: { scope: 'db:authdb' },
};

let bed: TestBed;
beforeEach(async () => {
  const tokens = { accessMs: hour, refreshMs: 720 * hour, browserSessionMs: 12 * hour };
  bed = await startTestBed({ tokens: { ...tokens, signingKeyMs: 3 * hour, signingKeyNoticeMs: hour } });
});
afterEach(() => bed[Symbol.asyncDispose]());

/** Lets the next key be announced by age, and sign. */
async function rotateByAge(): Promise<void> {
  const [old] = await kids();
  bed.time.now = Date.now() + 2 * hour + 1_000;
  // A process looks again after a second.
  await expect.poll(kids, { timeout: 10_000 }).toHaveLength(2);
  expect(await kids()).toEqual([old, expect.any(String)]);
  bed.time.now += hour;
  await expect.poll(async () => (await kids())[0], { timeout: 10_000 }).not.toBe(old);
}

async function published(): Promise<JSONWebKeySet> {
  return (await (await fetch(`${bed.issuer}/oauth/jwks`)).json()) as JSONWebKeySet;
}

const kids = async () => (await published()).keys.map(({ kid }) => kid);

async function idToken(): Promise<string> {
  const { tokens } = await signInAndGetTokens(bed, acme);
  return tokens.id_token ?? '';
}

async function verify(token: string, keys: Parameters<typeof jwtVerify>[1]) {
  return await jwtVerify(token, keys, { issuer: bed.issuer, audience: 'acme-bi', algorithms: ['RS256'] });
}

function making(): Parameters<typeof announceKey>[0] {
  const { vault, store, clock, config } = bed.parts;
  return { vault, store, clock, lifetimes: config().tokens, record: async () => {} };
}

describe('while the key that signs ID tokens is followed by the next', () => {
  it('G20 ID tokens from before and after verify, also with the keys as they were read before it signed', async () => {
    const before = await idToken();
    bed.time.now = Date.now() + 2 * hour + 1_000;
    await expect.poll(kids, { timeout: 10_000 }).toHaveLength(2);
    const readBefore = createLocalJWKSet(await published());
    bed.time.now += hour;
    const readAfter = createRemoteJWKSet(new URL(`${bed.issuer}/oauth/jwks`));
    const after = await idToken();
    expect(decodeProtectedHeader(after).kid).not.toBe(decodeProtectedHeader(before).kid);
    for (const token of [before, after])
      for (const keys of [readBefore, readAfter]) await expect(verify(token, keys)).resolves.toBeDefined();
    expect(bed.events).toContainEqual(expect.objectContaining({ action: 'signing_key_announced' }));
  });

  it('a sign-in that began under the one ends under the other, in the same browser session', async () => {
    const browser = new TestBrowser();
    const configuration = await bed.as(acme.clientId, acme.secret);
    openid.enableNonRepudiationChecks(configuration);
    const verifier = openid.randomPKCECodeVerifier();
    const start = openid.buildAuthorizationUrl(configuration, {
      redirect_uri: acme.redirectUri,
      code_challenge: await openid.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
      ...acme.parameters,
    });
    const page = await browser.follow(await browser.get(start));
    await announceKey({ ...making(), lifetimes: { ...bed.config.tokens, signingKeyNoticeMs: 0 } });
    await expect.poll(kids, { timeout: 10_000 }).toHaveLength(2);
    const { response } = await throughThePages(browser, page, {});
    const tokens = await openid.authorizationCodeGrant(
      configuration,
      new URL(response.headers.get('location') ?? ''),
      { pkceCodeVerifier: verifier },
    );
    expect(decodeProtectedHeader(tokens.id_token ?? '').kid).toBe((await kids())[0]);
    expect(await (await browser.get(`${bed.issuer}/who`)).text()).toBe('local:viewer@example.com');
  });

  it('an ID token of before still signs out', async () => {
    const before = await idToken();
    await rotateByAge();
    const signOut = new URL(`${bed.issuer}/oauth/end-session`);
    const back = 'https://bi.acme.example/signed-out';
    signOut.search = new URLSearchParams({
      id_token_hint: before,
      post_logout_redirect_uri: back,
    }).toString();
    const answer = await new TestBrowser().get(signOut);
    expect([answer.status, answer.headers.get('location')]).toEqual([303, back]);
  });

  it('the signed form of an access token opens what it opened', async () => {
    const { tokens } = await signInAndGetTokens(bed, cli);
    const { body } = await tokenRequest(bed, {
      grant_type: tokenExchangeGrant,
      subject_token: tokens.access_token,
      subject_token_type: 'urn:ietf:params:oauth:token-type:access_token',
      requested_token_type: 'urn:ietf:params:oauth:token-type:jwt',
      client_id: 'grantway-cli',
    });
    const form = new Secret(String(body.access_token));
    await announceKey({ ...making(), lifetimes: { ...bed.config.tokens, signingKeyNoticeMs: 0 } });
    await expect.poll(kids, { timeout: 10_000 }).toHaveLength(2);
    expect(await bed.server.verifyToken(form)).toMatchObject({ outcome: 'valid' });
  });
});

describe('when a signing key may be known to somebody else', () => {
  it('G20 what it signed is worth nothing within a second, and access tokens stay', async () => {
    const before = await idToken();
    const { tokens } = await signInAndGetTokens(bed, acme);
    const { jwk } = await replaceKeys(making());
    await expect.poll(kids, { timeout: 10_000 }).toEqual([jwk.kid]);
    const keys = createRemoteJWKSet(new URL(`${bed.issuer}/oauth/jwks`));
    await expect(verify(before, keys)).rejects.toMatchObject({ code: 'ERR_JWKS_NO_MATCHING_KEY' });
    await expect(verify(await idToken(), keys)).resolves.toBeDefined();
    expect(await bed.server.verifyToken(new Secret(tokens.access_token))).toMatchObject({
      outcome: 'valid',
    });
    const { status } = await tokenRequest(
      bed,
      { grant_type: 'refresh_token', refresh_token: tokens.refresh_token },
      basic('acme-bi', acmeSecret),
    );
    expect(status).toBe(200);
  });
});
