import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { verifies } from '../../requirements.ts';
import { type Answer, readAnswer, startGateway, type TestGateway } from '../../support/gateway.ts';
import type { Departure, Page } from '../../support/person.ts';

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startGateway();
});
afterAll(() => gateway?.stop());

const grant_type = 'urn:ietf:params:oauth:grant-type:device_code';
let endpoint = '';
let entryPage = '';
beforeAll(async () => {
  const { body } = await readAnswer(await fetch(`${gateway.issuer}/.well-known/oauth-authorization-server`));
  endpoint = String(body.device_authorization_endpoint);
  entryPage = String((await begin()).body.verification_uri);
});

async function begin(more: Readonly<Record<string, string>> = {}): Promise<Answer> {
  const body = new URLSearchParams({ client_id: 'psql', scope: 'db:authdb:readonly', ...more });
  return await readAnswer(await fetch(endpoint, { method: 'POST', body }));
}

async function poll(device_code: unknown, client_id = 'psql'): Promise<Answer> {
  return await gateway.post('token', { grant_type, client_id, device_code: String(device_code) });
}

/** Types the code into the device page, signs in, and decides. */
async function enter(user_code: unknown, decision: 'allow' | 'deny'): Promise<Page | Departure> {
  const person = gateway.person('viewer');
  let at = await person.open(entryPage);
  if (at.kind === 'page') at = await person.submit(at, { user_code: String(user_code) });
  for (let step = 0; step < 4 && at.kind === 'page'; step++) {
    if (at.html.includes('name="password"')) at = await person.signIn(at);
    else if (at.html.includes('name="decision"')) at = await person.submit(at, { decision });
    else if (at.html.includes('name="confirm"')) at = await person.submit(at, { confirm: 'yes' });
    else break;
  }
  return at;
}

describe('a machine without a browser', () => {
  test(
    verifies('rfc8628-3.2-response', 'gets a code for itself, one for the person, and where to type it'),
    async () => {
      const { status, body, headers } = await begin();
      expect(status).toBe(200);
      expect(headers.get('cache-control')).toContain('no-store');
      expect(body).toMatchObject({
        device_code: expect.stringMatching(/^[A-Za-z0-9_-]{43,}$/),
        user_code: expect.stringMatching(/^[A-Z0-9-]{8,}$/),
        verification_uri: expect.stringMatching(`^${gateway.issuer}/`),
        expires_in: expect.any(Number),
      });
    },
  );

  test(
    verifies(
      ['rfc8628-3.1-unknown-parameters', 'rfc8628-3.1-empty-parameters'],
      'may send parameters that nobody knows, and ones without value',
    ),
    async () => {
      expect((await begin({ unheard_of: '1', resource: '' })).status).toBe(200);
    },
  );

  test(verifies('rfc8628-3.1-repeated-parameters', 'may not say anything twice'), async () => {
    const body = new URLSearchParams([
      ['client_id', 'psql'],
      ['client_id', 'psql'],
      ['scope', 'db:authdb'],
    ]);
    const answer = await readAnswer(await fetch(endpoint, { method: 'POST', body }));
    expect(answer.status).toBe(400);
    expect(answer.body.error).toBe('invalid_request');
  });

  test(verifies('rfc8628-3.5-pending', 'is told to wait until the person has decided'), async () => {
    const { body } = await begin();
    const answer = await poll(body.device_code);
    expect(answer.status).toBe(400);
    expect(answer.body.error).toBe('authorization_pending');
  });

  test(
    verifies('rfc8628-3.5-slow-down', 'is told to slow down when it does not wait its five seconds'),
    async () => {
      const { body } = await begin();
      await poll(body.device_code);
      const answer = await poll(body.device_code);
      expect(answer.status).toBe(400);
      expect(answer.body).toMatchObject({
        error: 'slow_down',
        error_description: expect.stringContaining('10 seconds'),
      });
    },
  );

  test('gets the token once the person has allowed it, and only once', async () => {
    const { body } = await begin();
    await enter(body.user_code, 'allow');
    const answer = await poll(body.device_code);
    expect(answer.body).toMatchObject({ role: 'readonly', scope: 'db:authdb:readonly' });
    expect((await poll(body.device_code)).body.error).toBe('invalid_grant');
  });

  test(verifies('rfc8628-3.5-denied', 'is told when the person denies'), async () => {
    const { body } = await begin();
    await enter(body.user_code, 'deny');
    expect((await poll(body.device_code)).body.error).toBe('access_denied');
  });

  test(verifies('rfc8628-3.4-own-code', 'cannot use the code of another client'), async () => {
    const { body } = await begin();
    await enter(body.user_code, 'allow');
    expect((await poll(body.device_code, 'grantway-cli')).body.error).toBe('invalid_grant');
  });

  test('a wrong user code leads nowhere', async () => {
    const person = gateway.person('viewer');
    const page = await person.open(entryPage);
    if (page.kind === 'departure') throw new Error('the device page led away');
    const answer = await person.submit(page, { user_code: 'BBBB-BBBB' });
    expect(answer.kind === 'page' && answer.html).not.toContain('name="decision"');
  });
});

test('a form that has lost its session opens the page anew with the code filled in, and then works', async () => {
  const { body } = await begin();
  const person = gateway.person('viewer');
  const page = await person.open(entryPage);
  if (page.kind === 'departure') throw new Error('the device page led away');
  // Another browser holds none of this one's cookies.
  const other = gateway.person('viewer');
  const again = await other.submit(page, { user_code: String(body.user_code) });
  expect(again.kind === 'page' && again.status).toBe(200);
  expect(again.kind === 'page' && again.html).toContain(`value="${String(body.user_code)}"`);
  if (again.kind === 'departure') throw new Error('the device page led away');
  const next = await other.submit(again, { user_code: String(body.user_code) });
  expect(next.kind === 'page' && next.html).toContain('name="confirm"');
});
