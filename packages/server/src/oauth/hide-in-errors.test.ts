import { afterAll, beforeAll, expect, test } from 'vitest';
import { newId } from '../core/index.ts';
import { startTestBed, type TestBed } from './testing/index.ts';

let bed: TestBed;
beforeAll(async () => {
  bed = await startTestBed();
});
afterAll(() => bed[Symbol.asyncDispose]());

const token = newId('gwt_');
const part = token.slice(4, 20);

async function ask(parameters: Readonly<Record<string, string>>): Promise<Response> {
  const query = new URLSearchParams({
    client_id: 'acme-bi',
    response_type: 'code',
    scope: 'db:authdb',
    redirect_uri: 'https://bi.acme.example/callback',
    code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
    code_challenge_method: 'S256',
    state: 'their own + state',
    ...parameters,
  });
  return await fetch(`${bed.issuer}/oauth/authorize?${query}`, { redirect: 'manual' });
}

test.each([
  ['a scope', { scope: `db:authdb:${token}` }, 'invalid_scope', 'db:authdb:gwt_…'],
  ['the place of a scope', { scope: `db:authdb ${token}` }, 'invalid_scope', 'The scope gwt_… is not'],
  ['a resource', { resource: `https://access.example/db/${token}` }, 'invalid_target', '/db/gwt_…'],
])('an error that leads back repeats no token that stood in %s', async (_, parameters, error, shown) => {
  const response = await ask(parameters);
  const location = new URL(response.headers.get('location') ?? '');
  expect([response.status, location.searchParams.get('error')]).toEqual([303, error]);
  expect(location.searchParams.get('error_description')).toContain(shown);
  expect(location.searchParams.get('state')).toBe('their own + state');
  expect(decodeURIComponent(location.href) + (await response.text())).not.toContain(part);
});

test('an error that leads back is left as it is when it repeats none', async () => {
  const response = await ask({ prompt: 'sideways', state: token });
  const location = new URL(response.headers.get('location') ?? '');
  expect(location.searchParams.get('error')).toBe('invalid_request');
  expect(location.searchParams.get('state')).toBe(token);
});

test('an error in JSON repeats no token either', async () => {
  const response = await fetch(`${bed.issuer}/oauth/device`, {
    method: 'POST',
    body: new URLSearchParams({ client_id: 'psql', scope: `db:${token}` }),
  });
  const text = await response.text();
  expect(response.status).toBe(400);
  expect(text).toContain('db:gwt_…');
  expect(text).not.toContain(part);
});
