import { afterAll, beforeAll, expect, test } from 'vitest';
import { freePort } from '../../../packages/server/src/demo/free-port.ts';
import { type RunningConnectButton, startConnectButton } from '../../support/connect-button.ts';

/** Beside a gateway that is away: nobody answers there. */
let button: RunningConnectButton;
beforeAll(async () => {
  const issuer = `http://127.0.0.1:${await freePort()}`;
  button = await startConnectButton(
    { issuer },
    { databases: { postgres: 'authdb' }, clientSecret: 'secret' },
  );
});
afterAll(() => button?.stop());

async function open(
  path: string,
  method = 'GET',
): Promise<{ readonly status: number; readonly html: string }> {
  const headers = { accept: 'text/html', origin: button.url };
  const response = await fetch(new URL(path, button.url), { method, headers });
  expect(response.headers.get('content-security-policy')).toBe(
    "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
  );
  expect(response.headers.get('cache-control')).toBe('no-store');
  return { status: response.status, html: await response.text() };
}

test('the home page has a button for each engine that there is, and says which there are not', async () => {
  const { status, html } = await open('/');
  expect(status).toBe(200);
  expect(html).toContain('href="/connect/auth?database=authdb">Connect to PostgreSQL</a>');
  for (const title of ['MySQL', 'Redshift', 'Redis']) {
    expect(html).toContain(`This gateway has no ${title} database`);
  }
  expect(html).not.toContain('<script');
});

test.each([
  ['GET', '/nothing', 404, 'There is no such page.'],
  ['GET', '/%E0%A4%A', 404, 'There is no such page.'],
  ['GET', '/connect/auth?database=secret', 400, 'There is no such database to connect.'],
  ['GET', '/connect/callback?code=x&state=y', 400, 'This sign-in was finished already'],
  ['POST', '/add?database=authdb', 403, 'Nobody is connected here any more.'],
  ['POST', '/add?database=secret', 403, 'Nobody is connected here any more.'],
  ['GET', '/connect/auth?database=authdb', 424, 'The gateway cannot be reached at the moment.'],
])(
  '%s %s is answered with %i and a sentence, on a page that leads back',
  async (method, path, status, sentence) => {
    const answer = await open(path, method);
    expect(answer.status).toBe(status);
    expect(answer.html).toContain(sentence);
    expect(answer.html).toContain('<a href="/">Back to your databases</a>');
    expect(answer.html).not.toMatch(/\bat .*\.ts:\d+/);
  },
);
