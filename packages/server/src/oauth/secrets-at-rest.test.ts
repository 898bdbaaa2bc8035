import { readFile } from 'node:fs/promises';
import * as openid from 'openid-client';
import { expect, it } from 'vitest';
import {
  acmeSecret,
  basic,
  signInAndGetTokens,
  startTestBed,
  TestBrowser,
  throughThePages,
  tokenRequest,
} from './testing/index.ts';

it('nothing that anybody could present is found in the store', async () => {
  await using bed = await startTestBed();
  const browser = new TestBrowser();
  const given = new Map<string, string | undefined>([['client secret', acmeSecret]]);

  const { tokens, url } = await signInAndGetTokens(bed, {
    clientId: 'acme-bi',
    secret: acmeSecret,
    redirectUri: 'https://bi.acme.example/callback',
    browser,
    parameters: { scope: 'openid db:authdb' },
  });
  given.set('code', url.searchParams.get('code') ?? undefined);
  given.set('access token', tokens.access_token).set('refresh token', tokens.refresh_token);
  given.set('session', browser.cookie('grantway_session'));

  const refreshed = await tokenRequest(
    bed,
    { grant_type: 'refresh_token', refresh_token: tokens.refresh_token },
    basic('acme-bi', acmeSecret),
  );
  given.set('replayable access token', String(refreshed.body.access_token));
  given.set('replayable refresh token', String(refreshed.body.refresh_token));
  const workload = await tokenRequest(
    bed,
    { grant_type: 'client_credentials', scope: 'db:jobs' },
    basic('acme-bi', acmeSecret),
  );
  given.set('workload token', String(workload.body.access_token));

  const psql = await bed.as('psql');
  const device = await openid.initiateDeviceAuthorization(psql, { scope: 'db:authdb' });
  given.set('device code', device.device_code).set('user code', device.user_code.replace('-', ''));
  const input = (await (await browser.get(`${bed.issuer}/device`)).json()) as Record<string, string>;
  const entered = { xsrf: input.xsrf ?? '', user_code: device.user_code, confirm: 'yes' };
  const consentPage = await browser.follow(await browser.post(`${bed.issuer}/device`, entered));
  given.set('interaction at a device', new URL(consentPage.url).pathname.split('/').at(-1));

  const pushed = await openid.buildAuthorizationUrlWithPAR(await bed.as('acme-bi', acmeSecret), {
    redirect_uri: 'https://bi.acme.example/callback',
    scope: 'db:sales',
    code_challenge: await openid.calculatePKCECodeChallenge(openid.randomPKCECodeVerifier()),
    code_challenge_method: 'S256',
  });
  given.set('pushed request', pushed.searchParams.get('request_uri')?.split(':').at(-1));
  const signInPage = await new TestBrowser().follow(await new TestBrowser().get(pushed));
  given.set('interaction', new URL(signInPage.url).pathname.split('/').at(-1));

  const bytes = Buffer.concat([await readFile(bed.storePath), await readFile(`${bed.storePath}-wal`)]);
  for (const [what, value] of given) {
    expect(value, what).toMatch(/.{10}/);
    expect(bytes.includes(value ?? ''), what).toBe(false);
  }
  // The codes still work: what the store keeps of them is enough.
  await throughThePages(browser, await browser.get(consentPage.url), {});
  const answer = await tokenRequest(bed, {
    grant_type: 'urn:ietf:params:oauth:grant-type:device_code',
    device_code: device.device_code,
    client_id: 'psql',
  });
  expect(answer.body).toMatchObject({ database: 'authdb' });
});
