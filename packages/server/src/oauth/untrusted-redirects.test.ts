import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { verifies } from '../../../../tests/requirements.ts';
import { authorize, startTestBed, type TestBed, TestBrowser } from './testing/index.ts';

const redirectUri = 'https://tool.example/cb';

let bed: TestBed;
/** A client that nobody has looked at. */
let stranger: { readonly clientId: string; readonly secret: string; readonly redirectUri: string };
beforeAll(async () => {
  bed = await startTestBed({ registration: { enabled: true } });
  const answer = await fetch(`${bed.issuer}/oauth/register`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ client_name: 'Tool', redirect_uris: [redirectUri], scope: 'db:sales' }),
  });
  const { client_id, client_secret } = (await answer.json()) as Record<string, string>;
  stranger = { clientId: client_id ?? '', secret: client_secret ?? '', redirectUri };
});
afterAll(() => bed[Symbol.asyncDispose]());

describe('a mistake in the request of a client that nobody vouches for', () => {
  it.each([
    ['an unknown scope', { scope: 'db:nowhere' }, 'invalid_scope'],
    [
      'an impossible response type',
      { scope: 'db:sales', response_type: 'token' },
      'unsupported_response_type',
    ],
    ['nobody signed in where nobody may be asked', { scope: 'db:sales', prompt: 'none' }, 'login_required'],
    ['a form that sends itself', { scope: 'db:nowhere', response_mode: 'form_post' }, 'invalid_scope'],
  ])(
    verifies('oauth21-7.13.2-no-open-redirector', '%s: leads nobody away who has not signed in'),
    async (_, parameters, error) => {
      const { response } = await authorize(bed, { ...stranger, parameters });
      expect(response.status).toBe(400);
      expect(response.headers.get('location')).toBeNull();
      const page = (await response.json()) as Record<string, unknown>;
      expect(page).toMatchObject({ page: 'error', error });
    },
  );

  it('is shown with the address that it would have led to', async () => {
    const { response } = await authorize(bed, { ...stranger, parameters: { scope: 'db:nowhere' } });
    const { backTo } = (await response.json()) as { backTo: { host: string; href: string } };
    expect(backTo.host).toBe('tool.example');
    expect(new URL(backTo.href).searchParams.get('error')).toBe('invalid_scope');
  });

  it('leads back at once whoever has signed in', async () => {
    const browser = new TestBrowser();
    await authorize(bed, { ...stranger, browser, parameters: { scope: 'db:sales' } });
    const { url } = await authorize(bed, { ...stranger, browser, parameters: { scope: 'db:nowhere' } });
    expect(url.origin).toBe('https://tool.example');
    expect(url.searchParams.get('error')).toBe('invalid_scope');
  });
});
