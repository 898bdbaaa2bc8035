import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import * as openid from 'openid-client';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Secret } from '../core/index.ts';
import { createAuthorizationServer } from './create-authorization-server.ts';
import {
  rawRequest,
  startTestBed,
  type TestBed,
  TestBrowser,
  throughThePages,
  tokenRequest,
} from './testing/index.ts';

const grant = 'urn:ietf:params:oauth:grant-type:device_code';

describe('the device grant', () => {
  let bed: TestBed;
  beforeAll(async () => {
    bed = await startTestBed();
  });
  afterAll(() => bed[Symbol.asyncDispose]());

  const begin = async (parameters: Record<string, string> = { scope: 'db:authdb' }) =>
    openid.initiateDeviceAuthorization(await bed.as('psql'), parameters);
  const poll = (deviceCode: string, clientId = 'psql') =>
    tokenRequest(bed, { grant_type: grant, device_code: deviceCode, client_id: clientId });
  const page = async (response: Response) => (await response.json()) as Record<string, string>;

  /** Types a code in, and gives the page that comes then. */
  const enter = async (browser: TestBrowser, userCode: string) => {
    const input = await page(await browser.get(`${bed.issuer}/device`));
    return page(await browser.post(`${bed.issuer}/device`, { xsrf: input.xsrf ?? '', user_code: userCode }));
  };

  it('takes a person from the code in a terminal to a token', async () => {
    const started = await begin();
    expect(started.verification_uri).toBe(`${bed.issuer}/device`);
    expect(started.user_code).toMatch(/^[B-Z]{5}-[B-Z]{5}$/);
    expect(await poll(started.device_code)).toMatchObject({
      status: 400,
      body: { error: 'authorization_pending' },
    });
    expect(bed.events.filter(({ type }) => type === 'token_refused')).toEqual([]);

    const browser = new TestBrowser();
    const confirm = await enter(browser, started.user_code.toLowerCase());
    expect(confirm).toMatchObject({ page: 'confirm', clientName: 'psql', userCode: started.user_code });
    const form = { xsrf: confirm.xsrf ?? '', user_code: started.user_code, confirm: 'yes' };
    const { response, pages } = await throughThePages(
      browser,
      await browser.post(`${bed.issuer}/device`, form),
      {},
    );
    expect(pages.consent).toMatchObject({
      client: { id: 'psql' },
      access: [{ database: 'authdb', role: 'readonly' }],
    });
    expect(await page(response)).toMatchObject({ page: 'success', clientName: 'psql' });

    const { body } = await poll(started.device_code);
    expect(body).toMatchObject({ database: 'authdb', role: 'readonly', scope: 'db:authdb', expires_in: 900 });
    expect(await bed.server.verifyToken(new Secret(String(body.access_token)))).toMatchObject({
      outcome: 'valid',
    });
    expect(await poll(started.device_code)).toMatchObject({ status: 400, body: { error: 'invalid_grant' } });
  });

  describe('a program that asks too often', () => {
    const told = async (deviceCode: string) => (await poll(deviceCode)).body.error;
    const wait = (seconds: number) => {
      bed.time.now = Math.max(bed.time.now, Date.now()) + seconds * 1000;
    };
    afterEach(() => {
      bed.time.now = 0;
    });

    it('is told to slow down, by five seconds more each time, up to a minute', async () => {
      const { device_code: code } = await begin();
      const before = bed.events.length;
      expect(await told(code)).toBe('authorization_pending');
      wait(2);
      expect(await told(code)).toBe('slow_down');
      // Ten seconds now, counted from that answer.
      wait(8);
      expect(await told(code)).toBe('slow_down');
      wait(15);
      expect(await told(code)).toBe('authorization_pending');
      for (let times = 0; times < 20; times++) expect(await told(code)).toBe('slow_down');
      wait(60);
      expect(await told(code)).toBe('authorization_pending');
      expect(bed.events.slice(before)).toEqual([]);
    });

    it('is not slowed down while it keeps to its five seconds, which timers and networks meet roughly', async () => {
      const { device_code: code } = await begin();
      for (const late of [0, 5, 4.2, 5.8, 4.2]) {
        wait(late);
        expect(await told(code)).toBe('authorization_pending');
      }
    });

    it('is slowed down by another gateway on the same store as well', async () => {
      const { device_code: code } = await begin();
      expect(await told(code)).toBe('authorization_pending');
      const second = await createAuthorizationServer(bed.parts);
      const listener = createServer((request, response) => void second.handle(request, response));
      await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
      const { port } = listener.address() as AddressInfo;
      const host = { host: new URL(bed.issuer).host };
      const form = { grant_type: grant, device_code: code, client_id: 'psql' };
      const answer = await rawRequest(port, '/oauth/token', host, form);
      listener.closeAllConnections();
      await new Promise((resolve) => listener.close(resolve));
      expect([answer.status, JSON.parse(answer.body).error]).toEqual([400, 'slow_down']);
    });

    it('learns what the person decided at once all the same', async () => {
      const { device_code: code, user_code } = await begin();
      expect(await told(code)).toBe('authorization_pending');
      expect(await told(code)).toBe('slow_down');
      const browser = new TestBrowser();
      const confirm = await enter(browser, user_code);
      await browser.post(`${bed.issuer}/device`, { xsrf: confirm.xsrf ?? '', user_code, abort: 'yes' });
      expect(await told(code)).toBe('access_denied');
    });
  });

  it('tells the program when the person refuses, at the code or at the consent', async () => {
    const atCode = await begin();
    const browser = new TestBrowser();
    const confirm = await enter(browser, atCode.user_code);
    const refused = await browser.post(`${bed.issuer}/device`, {
      xsrf: confirm.xsrf ?? '',
      user_code: atCode.user_code,
      abort: 'yes',
    });
    expect(await page(refused)).toMatchObject({ page: 'input', problem: 'refused' });
    expect(await poll(atCode.device_code)).toMatchObject({ body: { error: 'access_denied' } });

    const atConsent = await begin();
    const next = await enter(browser, atConsent.user_code);
    const form = { xsrf: next.xsrf ?? '', user_code: atConsent.user_code, confirm: 'yes' };
    await throughThePages(browser, await browser.post(`${bed.issuer}/device`, form), { decision: 'deny' });
    expect(await poll(atConsent.device_code)).toMatchObject({ body: { error: 'access_denied' } });
  });

  it('tells the program, once the person has signed in, that there is no such database', async () => {
    const started = await begin({ scope: 'db:nowhere' });
    const browser = new TestBrowser();
    const confirm = await enter(browser, started.user_code);
    const form = { xsrf: confirm.xsrf ?? '', user_code: started.user_code, confirm: 'yes' };
    const { pages } = await throughThePages(browser, await browser.post(`${bed.issuer}/device`, form), {});
    expect(Object.keys(pages)).toEqual(['sign-in']);
    expect(await poll(started.device_code)).toMatchObject({
      body: {
        error: 'invalid_scope',
        error_description: 'There is no database named nowhere (scope db:nowhere).',
      },
    });
  });

  it.each([
    ['', '/device'],
    ['?user_code=BCDFG-HJKLM', '/device?user_code=BCDFG-HJKLM'],
    ['?user_code=%0d%0aset-cookie:%20a=b', '/device?user_code=%0D%0Aset-cookie%3A%20a%3Db'],
  ])('leads somebody who opens the address of programs%s to the page for the code', async (query, page) => {
    const headers = { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' };
    const answer = await fetch(`${bed.issuer}/oauth/device${query}`, { headers, redirect: 'manual' });
    expect([answer.status, answer.headers.get('location')]).toEqual([303, page]);
  });

  it('tells a program that the address takes POST', async () => {
    const answer = await fetch(`${bed.issuer}/oauth/device`);
    expect([answer.status, answer.headers.get('allow')]).toEqual([405, 'POST']);
    expect(await answer.json()).toMatchObject({ error: 'invalid_request' });
  });

  it('F11 is approved by one browser: a code that is being answered is not there for another', async () => {
    const started = await begin();
    const first = new TestBrowser();
    const confirm = await enter(first, started.user_code);
    const form = { xsrf: confirm.xsrf ?? '', user_code: started.user_code, confirm: 'yes' };
    await first.post(`${bed.issuer}/device`, form);
    const second = new TestBrowser();
    expect(await enter(second, started.user_code)).toMatchObject({ page: 'input', problem: 'unknown' });
    expect((await second.post(`${bed.issuer}/device`, form)).status).toBe(400);
  });

  it('F11 does not take the form from another site', async () => {
    const started = await begin();
    const browser = new TestBrowser();
    await browser.get(`${bed.issuer}/device`);
    const forged = { xsrf: 'guess', user_code: started.user_code, confirm: 'yes' };
    expect((await browser.post(`${bed.issuer}/device`, forged)).status).toBe(400);
  });

  it('F11 only fills the field in from a link, and sends nothing off by itself', async () => {
    const started = await begin();
    const response = await new TestBrowser().get(String(started.verification_uri_complete));
    expect(await page(response)).toMatchObject({ page: 'input', userCode: started.user_code });
  });

  it('F11 answers a wrong code and too many of them', async () => {
    const browser = new TestBrowser();
    expect(await enter(browser, 'BBBBB-BBBBB')).toMatchObject({
      page: 'input',
      problem: 'unknown',
      userCode: 'BBBBB-BBBBB',
    });
    expect(await enter(browser, '')).toMatchObject({ page: 'input', problem: 'missing' });
    let status = 200;
    for (let tries = 0; tries < 80 && status === 200; tries++)
      status =
        (await browser.post(`${bed.issuer}/device`, { xsrf: 'x', user_code: 'BBBBB-BBBBB' })).status === 429
          ? 429
          : 200;
    expect(status).toBe(429);
  });

  it('F05 gives its code to no other client, and is not for web clients', async () => {
    const started = await begin();
    expect(await poll(started.device_code, 'grantway-cli')).toMatchObject({
      body: { error: 'invalid_grant' },
    });
    await expect(begin({})).rejects.toMatchObject({ error: 'invalid_scope' });
    const answer = await fetch(`${bed.issuer}/oauth/device`, {
      method: 'POST',
      body: new URLSearchParams({ client_id: 'acme-bi', scope: 'db:authdb' }),
    });
    expect(answer.status).toBe(401);
  });
});
