import type { IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeAuthority, type TestAuthority } from '../../../../tests/support/certificates.ts';
import { httpListener } from './http-listener.ts';
import { formToken, type Site, startSite, withFirstSecret } from './testing/index.ts';

let authority: TestAuthority;
let site: Site;
beforeAll(async () => {
  authority = await makeAuthority();
  const { certificate, privateKey } = await authority.issue(['127.0.0.1']);
  site = await startSite({ scheme: 'https', tls: { cert: certificate, key: privateKey } });
});
afterAll(() => site.stop());

describe('an https issuer', () => {
  test('is served over TLS, with cookies that only this host can set and strict transport', async () => {
    const { headers } = await get('/sign-in');
    expect(headers['set-cookie']?.join('\n')).toMatch(
      /^__Host-gw_browser=[\w-]{43}; Path=\/; HttpOnly; Secure; SameSite=Lax$/m,
    );
    expect(headers['strict-transport-security']).toMatch(/max-age=\d{8}/);
  });

  test('keeps the proof of a first secret in such a cookie too', async () => {
    const { username } = await withFirstSecret(site, 'ada', 'made by an administrator');
    const host = new URL(site.issuer).host;
    const form = await site.app.inject({ url: '/sign-in', headers: { host } });
    const [browser = ''] = String(form.headers['set-cookie']).split(';');
    const proven = await site.app.inject({
      method: 'POST',
      url: '/sign-in',
      headers: { host, cookie: browser, 'content-type': 'application/x-www-form-urlencoded' },
      payload: new URLSearchParams({
        form_token: formToken({ html: form.body }),
        username,
        password: 'made by an administrator',
      }).toString(),
    });
    expect([proven.statusCode, proven.headers.location]).toEqual([303, '/sign-in/password']);
    expect(String(proven.headers['set-cookie'])).toMatch(
      /^__Host-gw_first_secret=[\w.-]+; Max-Age=600; Path=\/; HttpOnly; Secure; SameSite=Strict$/,
    );
  });

  test('shows a clear-text client nothing', async () => {
    const answer = await new Promise<string>((resolve) => {
      let text = '';
      const socket = connect(Number(new URL(site.issuer).port), '127.0.0.1');
      socket.on('data', (chunk) => {
        text += String(chunk);
      });
      socket.on('error', () => resolve(text));
      socket.on('close', () => resolve(text));
      socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
    });
    expect(answer).not.toContain('HTTP/1.1 200');
  });

  test('does not start without a certificate', () => {
    expect(() => httpListener(() => {}, new URL('https://access.example.com'), undefined)).toThrow(
      'needs a certificate',
    );
  });
});

test.each(['http://access.example.com', 'http://10.0.0.1:8400', 'http://127.0.0.1.evil.example'])(
  'the clear-text issuer %s does not start: passwords would cross the network',
  (issuer) => {
    expect(() => httpListener(() => {}, new URL(issuer), undefined)).toThrow('must be https');
  },
);

function get(path: string): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    httpsRequest(new URL(path, site.issuer), { ca: authority.certificate }, (response) => {
      response.resume();
      resolve(response);
    })
      .on('error', reject)
      .end();
  });
}
