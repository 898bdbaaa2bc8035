import { once } from 'node:events';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { type Site, startSite } from './testing/index.ts';

const proxy = '10.1.2.3';
const other = '10.200.0.9';
const client = '198.51.100.7';

let site: Site;
beforeAll(async () => {
  site = await startSite({
    trustedProxies: ['10.0.0.0/8', '2001:db8:feed::/48', '192.0.2.1'],
    limits: { address: { requests: 3, windowMs: 60_000 } },
  });
});
afterAll(() => site.stop());

const ask = (remoteAddress: string, forwarded: string | undefined, url = '/') =>
  site.app.inject({
    method: url === '/' ? 'GET' : 'POST',
    url,
    remoteAddress,
    headers: {
      host: new URL(site.issuer).host,
      ...(forwarded === undefined ? {} : { 'x-forwarded-for': forwarded }),
    },
  });

/** How much is left for whom a request counts, after a first one of `address` itself. */
async function leftAfter(address: string, peer: string, forwarded: string | undefined): Promise<string> {
  await ask(address, undefined);
  return String((await ask(peer, forwarded)).headers.ratelimit).replace(/;t=.*/, '');
}

let last = 0;
/** Nobody has asked from there yet. */
const fresh = () => `203.0.113.${++last}`;
const same = '"address";r=1';
const another = '"address";r=2';

describe('a request', () => {
  test.each([
    ['by a trusted proxy', () => proxy, (address: string) => address],
    ['by the one trusted address', () => '192.0.2.1', (address: string) => address],
    ['by a trusted proxy over IPv6', () => '2001:db8:feed:1::5', (address: string) => address],
    [
      'by a trusted proxy whose IPv4 address is written as IPv6',
      () => `::ffff:${proxy}`,
      (address: string) => address,
    ],
    ['through two trusted proxies', () => proxy, (address: string) => `${address}, ${other}`],
    [
      'by somebody who put another address before their own',
      () => proxy,
      (address: string) => `${client}, ${address}`,
    ],
    [
      'by somebody who named a trusted proxy before their own address',
      () => proxy,
      (address: string) => `${other}, ${address}, ${other}`,
    ],
  ])('%s counts for the last address that no trusted proxy is', async (_, peer, forwarded) => {
    const address = fresh();
    expect(await leftAfter(address, peer(), forwarded(address))).toBe(same);
  });

  test('A17 H05 of a stranger counts for the stranger, whatever they write', async () => {
    const [stranger, victim] = [fresh(), fresh()];
    expect(await leftAfter(stranger, stranger, victim)).toBe(same);
    expect(await leftAfter(victim, fresh(), victim)).toBe(another);
  });

  test.each([
    ['10.9.9.9', undefined],
    ['10.9.9.8', ''],
  ])('of the trusted proxy %s that names nobody (%j) counts for the proxy', async (address, forwarded) => {
    expect(await leftAfter(address, address, forwarded)).toBe(same);
  });

  test.each(['198.51.100.7:4711', 'unknown', 'a, b', '<script>'])(
    'for which a trusted proxy names %j is refused',
    async (forwarded) => {
      const answer = await ask('10.8.8.8', forwarded);
      expect(answer.statusCode).toBe(400);
      expect(answer.body).toContain('X-Forwarded-For');
    },
  );

  test('F14 does not say by these headers which host it is for', async () => {
    const answer = await site.app.inject({
      url: '/.well-known/openid-configuration',
      remoteAddress: proxy,
      headers: {
        host: new URL(site.issuer).host,
        'x-forwarded-for': fresh(),
        'x-forwarded-host': 'evil.example',
        'x-forwarded-proto': 'https',
      },
    });
    expect(answer.json()).toMatchObject({ issuer: site.issuer });
    expect(answer.body).not.toContain('evil');
  });
});

test('the records of the authorization server name the same address as the limits', async () => {
  const address = fresh();
  await site.app.inject({
    method: 'POST',
    url: '/oauth/token',
    remoteAddress: proxy,
    headers: {
      host: new URL(site.issuer).host,
      'x-forwarded-for': address,
      'content-type': 'application/x-www-form-urlencoded',
    },
    payload: 'grant_type=refresh_token&client_id=acme&refresh_token=none',
  });
  await vi.waitFor(
    () =>
      expect(site.events).toContainEqual(
        expect.objectContaining({ type: 'token_refused', remoteAddress: address }),
      ),
    10_000,
  );
  expect(site.log.map((line) => JSON.parse(line).peer)).toContain(proxy);
});

test('a request whose connection broke while it was read is no fault of ours', async () => {
  const { host, port } = new URL(site.issuer);
  const socket = connect(Number(port), '127.0.0.1').on('error', () => {});
  socket.resume();
  // The head is a request, and what follows ends the connection before anybody looked at the head.
  socket.end(
    `POST / HTTP/1.1\r\nHost: ${host}\r\nTransfer-Encoding: chunked\r\n\r\n2;${'x'.repeat(20_000)}\r\nab\r\n0\r\n\r\n`,
  );
  await once(socket, 'close');
  await ask(fresh(), undefined);
  expect(site.log.filter((line) => JSON.parse(line).level >= 50)).toEqual([]);
});
