import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeAuthority } from '../../../../tests/support/certificates.ts';
import { type DocumentNetwork, documentFetcher } from './fetch-document.ts';

const url = 'https://app.example/client.json?v=1';

describe('a document that a stranger named', () => {
  let server: Server;
  let network: DocumentNetwork;
  const asked: string[] = [];
  beforeAll(async () => {
    const authority = await makeAuthority();
    const { certificate, privateKey } = await authority.issue(['app.example']);
    server = createServer({ cert: certificate, key: privateKey }, (request, response) => {
      asked.push(`${request.headers.host} ${request.url}`);
      if (request.url === '/moved') response.writeHead(302, { location: 'https://169.254.169.254/' }).end();
      else if (request.url === '/large') response.end('x'.repeat(1_000_000));
      else if (request.url === '/endless') response.write('{');
      else response.setHeader('content-type', 'application/json').end('{}');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    network = {
      resolve: async () => [{ address: '127.0.0.1' }],
      isAllowed: () => true,
      port: (server.address() as AddressInfo).port,
      ca: authority.certificate,
    };
  });
  afterAll(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  const get = (
    address: string,
    change: Partial<DocumentNetwork> = {},
    signal = AbortSignal.timeout(30_000),
  ) => documentFetcher({ ...network, ...change })(address, signal);

  it('H02 is fetched from the address that its name led to, which is asked for once', async () => {
    let resolved = 0;
    const resolve = async (host: string) => {
      resolved += 1;
      // Whoever asked again would be led elsewhere.
      return [{ address: resolved === 1 && host === 'app.example' ? '127.0.0.1' : '127.0.0.2' }];
    };
    expect(await get(url, { resolve })).toMatchObject({ status: 200, body: '{}' });
    expect(resolved).toBe(1);
    expect(asked.at(-1)).toBe('app.example /client.json?v=1');
  });

  it('H02 is not looked for elsewhere when it moved', async () => {
    const before = asked.length;
    expect(await get('https://app.example/moved')).toMatchObject({ status: 302 });
    expect(asked).toHaveLength(before + 1);
  });

  it('H02 is not fetched when any address of its name is not public', async () => {
    const before = asked.length;
    const { isAllowed: _, ...rules } = network;
    const strict = { ...rules, isAllowed: (address: string) => address !== '10.0.0.1' };
    const resolve = async () => [{ address: '127.0.0.1' }, { address: '10.0.0.1' }];
    await expect(get(url, { ...strict, resolve })).rejects.toThrow(/not public/);
    await expect(get(url, { resolve: async () => [] })).rejects.toThrow(/not public/);
    expect(asked).toHaveLength(before);
  });

  it('H01 from this machine or its network is never fetched in production', async () => {
    for (const name of ['localhost', 'localhost.'])
      await expect(documentFetcher()(`https://${name}/`, AbortSignal.timeout(30_000))).rejects.toThrow(
        /not public|resolve|ENOTFOUND|EAI_AGAIN/,
      );
  });

  it.each([
    'http://app.example/client.json',
    'https://app.example:8443/client.json',
    'https://user:password@app.example/',
    'https://127.0.0.1/',
    'https://127.1/',
    'https://0x7f.1/',
    'https://2130706433/',
    'https://[::1]/',
    'https://[::ffff:7f00:1]/',
  ])('H01 is not fetched from %s', async (address) => {
    await expect(get(address)).rejects.toThrow(/a document/);
  });

  it('is not read beyond its limit', async () => {
    await expect(get('https://app.example/large')).rejects.toThrow(/larger/);
  });

  it('is given up at the deadline, whoever keeps us waiting', async () => {
    const aborter = new AbortController();
    const endless = get('https://app.example/endless', {}, aborter.signal);
    const unresolved = get(url, { resolve: () => new Promise(() => {}) }, aborter.signal);
    aborter.abort();
    await expect(endless).rejects.toThrow();
    await expect(unresolved).rejects.toThrow(/too long/);
  });

  it('is not taken from somebody else’s server', async () => {
    await expect(get('https://other.example/client.json')).rejects.toThrow(/altnames|certificate/i);
  });
});
