import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { verifies } from '../../requirements.ts';
import { appRedirect, startGateway, type TestGateway } from '../../support/gateway.ts';
import type { Departure, Page } from '../../support/person.ts';

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startGateway();
});
afterAll(() => gateway?.stop());

/** Opens an authorization request with a fresh browser and goes no further. */
async function ask(parameters: Readonly<Record<string, string>>): Promise<Page | Departure> {
  return await gateway.person('viewer').open(gateway.request(parameters).url);
}

function pageOf(end: Page | Departure): Page {
  if (end.kind === 'departure') throw new Error(`sent away to ${end.to}`);
  return end;
}

function answerOf(end: Page | Departure): URLSearchParams {
  if (end.kind === 'page')
    throw new Error(`a page instead of an answer: ${end.status} ${end.url}\n${end.html}`);
  expect(end.to.href.startsWith(appRedirect)).toBe(true);
  // Answers to other response types come in the fragment.
  return end.to.hash === '' ? end.to.searchParams : new URLSearchParams(end.to.hash.slice(1));
}

/** The consent page comes even when the person has consented before. */
const askAgain = { prompt: 'consent' };

describe('a redirect URI that is not the registered one', () => {
  const almost = {
    'another host': 'https://app.example.evil/callback',
    'a longer path': `${appRedirect}/more`,
    'one character less': appRedirect.slice(0, -1),
    'a trailing slash': `${appRedirect}/`,
    'a climbing path': 'https://app.example/x/../callback',
    'an encoded path': 'https://app.example/%63allback',
    'upper case': 'https://APP.example/callback',
    'another port': 'https://app.example:8443/callback',
    'user info': 'https://app.example@evil.example/callback',
    'another scheme': 'http://app.example/callback',
    'an added query': `${appRedirect}?x=1`,
    'a fragment': `${appRedirect}#x`,
    'a backslash': 'https://app.example\\@evil.example/callback',
    'no URL at all': 'callback',
    'a script': 'javascript:alert(1)',
  };
  test.each(Object.entries(almost))(
    verifies(
      [
        'oauth21-2.3.1-exact-match',
        'oauth21-2.3.5-no-redirect',
        'oauth21-4.1.1-redirect-equal',
        'oauth21-4.1.2.1-unknown-client',
        'oauth21-7.12-hostile-parameters',
      ],
      '%s gets an error page, and nobody is redirected',
    ),
    async (_, redirect_uri) => {
      const page = pageOf(await ask({ redirect_uri }));
      expect(page.status).toBe(400);
      expect(page.url.pathname).toMatch(/^\/oauth\/authorize/);
    },
  );

  test(verifies('oauth21-4.1.2.1-unknown-client', 'an unknown client gets an error page too'), async () => {
    expect(pageOf(await ask({ client_id: 'nobody' })).status).toBe(400);
  });

  test(
    verifies(
      'oauth21-4.1.1-loopback-port',
      'a native client may come back to any port of the loopback address',
    ),
    async () => {
      const cli = { client_id: 'grantway-cli' };
      for (const redirect_uri of ['http://127.0.0.1:1234/callback', 'http://127.0.0.1:54321/callback'])
        expect(pageOf(await ask({ ...cli, redirect_uri })).html).toContain('name="password"');
      for (const redirect_uri of ['http://127.0.0.1.nip.io:1234/callback', 'http://0x7f.1:1234/callback'])
        expect(pageOf(await ask({ ...cli, redirect_uri })).status).toBe(400);
    },
  );

  test(verifies('oauth21-2.3-query-retained', 'the query of a registered redirect URI is kept'), async () => {
    const redirect_uri = `${appRedirect}?tenant=7`;
    const end = await gateway.person('viewer').authorize(gateway.request({ redirect_uri }).url);
    const answer = answerOf(end);
    expect(answer.get('tenant')).toBe('7');
    expect(answer.get('code')).toBeTruthy();
  });
});

describe('a request that cannot be granted', () => {
  const refused = {
    'no code_challenge': [{ code_challenge: '', code_challenge_method: '' }, 'invalid_request'],
    'no code_challenge from a confidential client': [
      { client_id: 'backend', code_challenge: '', code_challenge_method: '' },
      'invalid_request',
    ],
    'code_challenge_method plain': [{ code_challenge_method: 'plain' }, 'invalid_request'],
    'an unknown code_challenge_method': [{ code_challenge_method: 'S512' }, 'invalid_request'],
    'a code_challenge without method, which means plain': [{ code_challenge_method: '' }, 'invalid_request'],
    'no response_type': [{ response_type: '' }, 'invalid_request'],
    'the implicit response type': [{ response_type: 'token' }, 'unsupported_response_type'],
    'an unknown response type': [{ response_type: 'magic' }, 'unsupported_response_type'],
    'a scope of no database': [{ scope: 'db:nowhere' }, 'invalid_scope'],
    'a role that does not exist': [{ scope: 'db:authdb:emperor' }, 'invalid_scope'],
    'a resource that is no URI': [{ resource: 'authdb' }, 'invalid_target'],
    'a resource with a fragment': [{ resource: 'http://127.0.0.1/db/authdb#x' }, 'invalid_target'],
    'a resource of somebody else': [{ resource: 'https://elsewhere.example/db/authdb' }, 'invalid_target'],
  } as const;
  test.each(Object.entries(refused))(
    verifies(
      [
        'oauth21-4.1.1-pkce-enforced',
        'oauth21-4.1.1-response-type',
        'oauth21-4.1.2.1-challenge-method',
        'oauth21-4.1.2.1-challenge-required',
        'rfc7636-4.4.1-challenge-required',
        'rfc7636-4.4.1-transformation',
        'rfc8707-2-absolute-uri',
        'rfc8707-2-no-fragment',
        'oauth21-3.2.4-error-characters',
        'rfc9207-2-iss',
        'oauth21-4.1.2-state',
      ],
      '%s: the client is told, with state and iss',
    ),
    async (_, [parameters, error]) => {
      const answer = answerOf(await ask({ ...parameters, state: 'kept as it is: ü&=%' }));
      expect(answer.get('error')).toBe(error);
      expect(answer.get('state')).toBe('kept as it is: ü&=%');
      expect(answer.get('iss')).toBe(gateway.issuer);
      expect(`${answer.get('error')}${answer.get('error_description')}`).toMatch(
        /^[\x20-\x21\x23-\x5b\x5d-\x7e]*$/,
      );
    },
  );

  test('a person who denies sends the client access_denied', async () => {
    const end = await gateway.person('viewer').authorize(gateway.request(askAgain).url, 'deny');
    expect(answerOf(end).get('error')).toBe('access_denied');
  });

  test(
    verifies(
      'oauth21-1.4.1-scope-omitted',
      'a request without scope asks for what the client is registered for',
    ),
    async () => {
      const end = await gateway.person('admin').authorize(gateway.request({ scope: '' }).url);
      const answer = answerOf(end);
      expect(answer.get('error') === 'invalid_scope' || answer.get('code') !== null).toBe(true);
    },
  );
});

describe('a request that can be granted', () => {
  test(
    verifies(
      [
        'oauth21-3.1-sign-in-first',
        'oauth21-3.1-get',
        'oauth21-4.1.2-state',
        'oauth21-4.1.2-challenge-not-shown',
        'rfc9207-2-iss',
        'rfc9207-2-iss-url',
        'oauth21-7.5.4-no-307',
      ],
      'leads over sign-in and consent to the client with code, state and iss, and nothing else',
    ),
    async () => {
      const asked = gateway.request(askAgain);
      const person = gateway.person('viewer');
      const signIn = pageOf(await person.open(asked.url));
      expect(signIn.html).toContain('name="password"');
      const consent = pageOf(await person.signIn(signIn));
      expect(consent.html).toContain('name="decision"');
      const end = await person.submit(consent, { decision: 'allow' });
      expect(end.kind === 'departure' && end.status).not.toBe(307);
      const answer = answerOf(end);
      expect([...answer.keys()].sort()).toEqual(['code', 'iss', 'state']);
      expect(answer.get('iss')).toBe(gateway.issuer);
      expect(new URL(answer.get('iss') ?? '').search + new URL(answer.get('iss') ?? '').hash).toBe('');
      expect(answer.get('state')).toBe(asked.url.searchParams.get('state'));
    },
  );

  test(verifies('oauth21-7.5.4-no-307', 'no answer to a posted password is a 307'), async () => {
    const person = gateway.person('viewer');
    const signIn = pageOf(await person.open(gateway.request().url));
    const [, action = ''] = /<form[^>]*action="([^"]+)"/.exec(signIn.html) ?? [];
    const [, formToken = ''] = /name="form_token" value="([^"]+)"/.exec(signIn.html) ?? [];
    const response = await person.fetch(new URL(action, signIn.url), {
      method: 'POST',
      body: new URLSearchParams({
        form_token: formToken,
        method: 'local',
        username: person.username,
        password: gateway.passwordOf('viewer'),
      }),
      headers: { origin: gateway.issuer },
    });
    expect([302, 303]).toContain(response.status);
  });

  test(
    verifies(
      ['oauth21-3.1-unknown-parameters', 'oauth21-3.1-empty-parameters'],
      'unknown parameters are ignored, and one without value counts as left out',
    ),
    async () => {
      const { url } = gateway.request();
      url.searchParams.set('unheard_of', '1');
      url.searchParams.set('prompt', '');
      url.searchParams.set('resource', '');
      expect(pageOf(await gateway.person('viewer').open(url)).html).toContain('name="password"');
    },
  );

  test.each(['client_id', 'redirect_uri', 'state', 'scope', 'code_challenge'])(
    verifies('oauth21-3.1-repeated-parameters', 'a second %s makes the request invalid'),
    async (name) => {
      const { url } = gateway.request();
      url.searchParams.append(name, url.searchParams.get(name) ?? '');
      const end = await gateway.person('viewer').open(url);
      if (end.kind === 'page') expect(end.status).toBe(400);
      else expect(end.to.searchParams.get('error')).toBe('invalid_request');
    },
  );

  test(
    verifies('oauth21-3.1-no-cors', 'no other site may read what the authorization endpoint says'),
    async () => {
      const headers = { origin: 'https://app.example', 'access-control-request-method': 'GET' };
      for (const method of ['GET', 'OPTIONS']) {
        const response = await fetch(gateway.request().url, { method, headers, redirect: 'manual' });
        expect(response.headers.get('access-control-allow-origin')).toBeNull();
      }
    },
  );
});

describe('the pages on the way', () => {
  test(
    verifies('oauth21-7.11-clickjacking', 'none of them can be put into a frame or run a script'),
    async () => {
      const person = gateway.person('viewer');
      const signIn = pageOf(await person.open(gateway.request(askAgain).url));
      const consent = pageOf(await person.signIn(signIn));
      const failed = pageOf(await ask({ redirect_uri: 'https://evil.example/' }));
      for (const page of [signIn, consent, failed]) {
        const policy = page.headers.get('content-security-policy') ?? '';
        expect(policy).toContain("frame-ancestors 'none'");
        expect(policy).toMatch(/(default|script)-src 'none'/);
        expect(page.headers.get('cache-control')).toContain('no-store');
        expect(page.html).not.toContain('<script');
      }
    },
  );

  test(
    verifies(
      'oauth21-7.12-hostile-parameters',
      'what a request brought in is text on the page, never markup',
    ),
    async () => {
      const person = gateway.person('viewer');
      const hostile = '"><img src=x onerror=alert(1)>';
      const end = pageOf(
        await person.open(gateway.request({ redirect_uri: hostile, client_id: hostile }).url),
      );
      expect(end.html).not.toContain('<img src=x');
    },
  );

  test('F10 a consent that somebody else has begun cannot be finished in another browser', async () => {
    const person = gateway.person('viewer');
    const consent = pageOf(await person.signIn(pageOf(await person.open(gateway.request(askAgain).url))));
    const stranger = await gateway.person('admin').open(consent.url);
    expect(pageOf(stranger).html).not.toContain('value="allow"');
  });
});
