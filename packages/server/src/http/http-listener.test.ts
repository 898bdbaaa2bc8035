import { EventEmitter, once } from 'node:events';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
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
  test('H07 is served over TLS, with cookies that only this host can set and strict transport', async () => {
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

describe('a socket on which nothing moves', () => {
  let server: Server;
  /** Requests that reached the handler. */
  const handled = new EventEmitter();
  /** Sockets of the server, in the order in which they came. */
  let taken: Socket[];
  beforeAll(async () => {
    taken = [];
    server = httpListener(
      (request, response) => {
        const { url } = request;
        handled.emit('request', request);
        if (url === '/large') response.end(Buffer.alloc(50_000_000));
        if (url === '/small') response.end('done');
      },
      new URL('http://127.0.0.1:8400'),
      undefined,
    );
    server.on('connection', (socket) => taken.push(socket));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
  });
  afterAll(() => server.closeAllConnections());

  test.each([
    ['that leaves a large answer unread', '/large', true],
    ['between two requests', '/small', true],
    ['whose statement takes long', '/never', false],
  ])('%s (%s) is closed: %s', async (_what, path, closed) => {
    const client = connect((server.address() as AddressInfo).port, '127.0.0.1');
    client.on('error', () => {});
    const asked = once(server, 'request');
    client.write(`GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`);
    const [, response] = (await asked) as [IncomingMessage, ServerResponse];
    if (path === '/small') await expect.poll(() => response.destroyed).toBe(true);
    const socket = taken.at(-1);
    if (socket === undefined) throw new Error('no socket');
    // What the timer does, which waits for longer than a test should.
    server.emit('timeout', socket);
    expect(socket.destroyed).toBe(closed);
    client.destroy();
  });

  test('a socket that sends a flood of requests ahead is closed, one with a few is answered', async () => {
    const ask = async (count: number) => {
      const client = connect((server.address() as AddressInfo).port, '127.0.0.1');
      client.on('error', () => {});
      let asked = 0;
      const counted = ({ socket }: IncomingMessage) => {
        if (socket.remotePort === client.localPort) asked += 1;
      };
      handled.on('request', counted);
      client.write('GET /small HTTP/1.1\r\nHost: x\r\n\r\n'.repeat(count));
      client.end();
      const answers = (await text(client).catch(() => '')).split('HTTP/1.1 200').length - 1;
      handled.off('request', counted);
      return { asked, answers };
    };
    expect(await ask(3)).toEqual({ asked: 3, answers: 3 });
    expect((await ask(2_000)).asked).toBeLessThan(100);
  });

  test('is looked at within fifteen seconds', () => {
    expect(server.timeout).toBeGreaterThan(0);
    expect(server.timeout).toBeLessThan(15_000);
  });
});

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
