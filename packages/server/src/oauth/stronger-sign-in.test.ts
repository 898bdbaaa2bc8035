import * as openid from 'openid-client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { principalId, Secret } from '../core/index.ts';
import { decide } from '../policy/index.ts';
import {
  signInAndGetTokens,
  startTestBed,
  type TestBed,
  TestBrowser,
  target,
  tokenRequest,
  viewer,
} from './testing/index.ts';

const cli = { clientId: 'grantway-cli', redirectUri: 'http://127.0.0.1:4711/callback' };
const minute = 60_000;

describe('a role that demands more of a sign-in', () => {
  let bed: TestBed;
  beforeAll(async () => {
    bed = await startTestBed();
    const databases = new Map(bed.config.databases);
    const sales = databases.get('sales');
    if (sales === undefined) throw new Error('no database');
    databases.set('sales', {
      ...sales,
      roles: sales.roles.map((role) => ({ ...role, require: { factor: true, signInWithinMs: 15 * minute } })),
    });
    bed.reconfigure({ databases });
  });
  afterAll(() => bed[Symbol.asyncDispose]());

  /** Signs in with these methods wherever a page asks, and allows. Gives the last response. */
  async function goOn(browser: TestBrowser, first: Response, methods: readonly string[]) {
    const asked: unknown[] = [];
    let response = await browser.follow(first);
    for (const step of [...methods, 'allow']) {
      const [, page = ''] = new URL(response.url).pathname.split('/');
      if (page !== 'sign-in' && page !== 'consent') break;
      asked.push(await response.json());
      const form: Record<string, string> =
        page === 'consent' ? { decision: 'allow' } : { username: viewer.subject, methods: step };
      response = await browser.follow(await browser.post(response.url, form));
    }
    return { response, asked };
  }

  async function tokensWith(methods: readonly string[]) {
    const configuration = await bed.as('grantway-cli');
    const verifier = openid.randomPKCECodeVerifier();
    const browser = new TestBrowser();
    const start = openid.buildAuthorizationUrl(configuration, {
      redirect_uri: cli.redirectUri,
      scope: 'db:sales',
      code_challenge: await openid.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
    });
    const { response, asked } = await goOn(browser, await browser.get(start), methods);
    const url = target(response);
    const tokens =
      url && (await openid.authorizationCodeGrant(configuration, url, { pkceCodeVerifier: verifier }));
    return { tokens, asked };
  }

  it('asks somebody for more at the authorization endpoint, instead of refusing them', async () => {
    const { tokens, asked } = await tokensWith(['pwd', 'pwd otp mfa']);
    expect(asked.map((page) => (page as { stronger?: unknown }).stronger)).toEqual([
      undefined,
      expect.objectContaining({ kind: 'factor', role: 'readonly', database: 'sales' }),
      undefined,
    ]);
    const verdict = await bed.server.verifyToken(new Secret(tokens?.access_token ?? ''));
    expect(verdict).toMatchObject({ outcome: 'valid', token: { proof: { methods: ['pwd', 'otp', 'mfa'] } } });
  });

  it('never lets somebody through who proves the same again and again', async () => {
    const { tokens, asked } = await tokensWith(['pwd', 'pwd', 'pwd', 'pwd']);
    expect([tokens, asked.length]).toEqual([undefined, 5]);
  });

  it('holds a refresh to the sign-in that it goes back to, and leaves the refresh token as it was', async () => {
    const { tokens } = await tokensWith(['pwd otp mfa']);
    const refresh = (refresh_token: string) =>
      tokenRequest(bed, { grant_type: 'refresh_token', refresh_token, client_id: 'grantway-cli' });
    const renewed = await refresh(tokens?.refresh_token ?? '');
    expect(renewed.status).toBe(200);
    bed.time.now = Date.now() + 16 * minute;
    const refused = await refresh(String(renewed.body.refresh_token));
    expect(refused).toMatchObject({
      status: 400,
      body: {
        error: 'invalid_grant',
        error_description: expect.stringMatching(
          /a second factor and a sign-in not older than 15 minutes/,
        ) as string,
      },
    });
    bed.time.now = Date.now();
    expect((await refresh(String(renewed.body.refresh_token))).status).toBe(200);
  });

  it('asks at the device page as well, and the token says what was proven there', async () => {
    const browser = new TestBrowser();
    const started = await openid.initiateDeviceAuthorization(await bed.as('psql'), { scope: 'db:sales' });
    const input = (await (await browser.get(`${bed.issuer}/device`)).json()) as Record<string, string>;
    const form = { xsrf: input.xsrf ?? '', user_code: started.user_code };
    await browser.post(`${bed.issuer}/device`, form);
    const confirmed = await browser.post(`${bed.issuer}/device`, { ...form, confirm: 'yes' });
    const { asked } = await goOn(browser, confirmed, ['pwd', 'pwd otp mfa']);
    expect(asked).toHaveLength(3);
    const { body } = await tokenRequest(bed, {
      grant_type: 'urn:ietf:params:oauth:grant-type:device_code',
      device_code: started.device_code,
      client_id: 'psql',
    });
    const verdict = await bed.server.verifyToken(new Secret(String(body.access_token)));
    expect(verdict).toMatchObject({ token: { proof: { methods: ['pwd', 'otp', 'mfa'] } } });
  });

  it('is not met by a token from before the demand', async () => {
    const { tokens } = await signInAndGetTokens(bed, { ...cli, parameters: { scope: 'db:authdb' } });
    const verdict = await bed.server.verifyToken(new Secret(tokens.access_token));
    if (verdict.outcome === 'invalid') throw new Error('not valid');
    const database = bed.config.databases.get('sales');
    if (database === undefined) throw new Error('no database');
    const { principal, clientId, consentId, tokenHash, proof } = verdict.token;
    const request = { principal, database, tokenRoles: [], roleHint: '', clientId, consentId, tokenHash };
    expect(proof).toMatchObject({ methods: ['pwd'] });
    for (const given of [proof, undefined])
      expect(decide({ ...request, proof: given, now: Date.now() })).toMatchObject({
        outcome: 'denied',
        refusal: { code: 'stronger_sign_in_required' },
      });
    expect(principalId(principal)).toBe(principalId(viewer));
  });
});
