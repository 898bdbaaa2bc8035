import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { serve } from '@hono/node-server';
import express from 'express';
import fastify from 'fastify';
import { Hono } from 'hono';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { connectWithExpress } from '../../../packages/client/src/endpoints/express.ts';
import { connectWithFastify } from '../../../packages/client/src/endpoints/fastify.ts';
import { connectWithHono } from '../../../packages/client/src/endpoints/hono.ts';
import {
  type ConnectEndpoints,
  createConnectEndpoints,
} from '../../../packages/client/src/endpoints/index.ts';
import { freePort } from '../../../packages/server/src/demo/free-port.ts';
import { appClient } from '../../support/connected-client.ts';
import { startGateway, type TestGateway } from '../../support/gateway.ts';

const frameworks: Readonly<
  Record<string, (endpoints: ConnectEndpoints, port: number) => Promise<() => Promise<unknown>>>
> = {
  express: async (endpoints, port) => {
    const app = express();
    app.use(connectWithExpress(endpoints));
    const server: Server = createServer(app);
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
    return async () => server.close();
  },
  fastify: async (endpoints, port) => {
    const app = fastify();
    connectWithFastify(app, endpoints);
    await app.listen({ port, host: '127.0.0.1' });
    return async () => await app.close();
  },
  hono: async (endpoints, port) => {
    const app = new Hono();
    connectWithHono(app, endpoints);
    const started = await new Promise<ReturnType<typeof serve>>((resolve) => {
      const server = serve({ fetch: app.fetch, port, hostname: '127.0.0.1' }, (_: AddressInfo) =>
        resolve(server),
      );
    });
    return async () => started.close();
  },
};

const ports: Record<string, number> = {};
let gateway: TestGateway;
beforeAll(async () => {
  for (const name of Object.keys(frameworks)) ports[name] = await freePort();
  gateway = await startGateway({
    config: {
      clients: {
        app: {
          name: 'Connect',
          redirectUris: Object.values(ports).map((port) => `http://127.0.0.1:${port}/connect/callback`),
          scopes: ['db:authdb', 'openid', 'profile', 'offline_access'],
        },
      },
    },
  });
});
afterAll(() => gateway?.stop());

describe.each(Object.entries(frameworks))('%s', (name, start) => {
  const errors: unknown[] = [];
  let origin: string;
  let stop: () => Promise<unknown>;
  let jar: Map<string, string>;
  beforeAll(async () => {
    origin = `http://127.0.0.1:${ports[name]}`;
    const endpoints = createConnectEndpoints({
      client: appClient(gateway),
      baseUrl: `${origin}/connect`,
      databases: { authdb: {} },
      afterwards: '/done',
      onError: (error) => errors.push(error),
    });
    stop = await start(endpoints, ports[name] ?? 0);
  });
  afterAll(() => stop?.());

  async function ask(method: string, path: string, headers: Record<string, string> = {}): Promise<Response> {
    const cookie = [...jar].map(([key, value]) => `${key}=${value}`).join('; ');
    const response = await fetch(new URL(path, origin), {
      method,
      redirect: 'manual',
      headers: { ...(cookie === '' ? {} : { cookie }), ...headers },
    });
    for (const line of response.headers.getSetCookie()) {
      const [, key = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      if (/Max-Age=0/.test(line)) jar.delete(key);
      else jar.set(key, value);
    }
    return response;
  }

  /** Out, allow (or deny), and the address that the browser comes back to. */
  async function awayAndBack(decision?: 'deny'): Promise<URL> {
    const out = await ask('GET', '/connect/auth?database=authdb');
    expect(out.status).toBe(303);
    const person = gateway.person('viewer');
    const end = await person.authorize(
      new URL(out.headers.get('location') ?? ''),
      ...(decision ? [decision] : []),
    );
    if (end.kind === 'page') throw new Error(end.html);
    return end.to;
  }

  const own = () => ({ origin });

  test('connects, gives fresh tokens to its own pages, and disconnects', async () => {
    jar = new Map();
    expect(await (await ask('POST', '/connect/token?database=authdb', own())).json()).toEqual({
      status: 'not-connected',
    });
    const back = await awayAndBack();
    const finished = await ask('GET', back.href);
    expect([finished.status, finished.headers.get('location')]).toEqual([303, '/done']);
    expect([...jar.keys()]).toEqual(['grantway-authdb']);
    const given = await ask('POST', '/connect/token?database=authdb', own());
    expect(given.headers.get('cache-control')).toBe('no-store');
    expect(await given.json()).toMatchObject({
      status: 'connected',
      accessToken: expect.stringMatching(/^gwt_/),
      connection: { role: 'readonly' },
    });
    const again = await ask('GET', back.href, { accept: 'text/html' });
    expect(again.status).toBe(400);
    expect(await again.text()).toContain('finished already');
    const gone = await ask('POST', '/connect/disconnect?database=authdb', own());
    expect(await gone.json()).toEqual({ status: 'not-connected', outcome: 'ended' });
    expect(jar.size).toBe(0);
  });

  test('a person who says no, and a foreign state, are 4xx with a sentence', async () => {
    jar = new Map();
    const denied = await ask('GET', (await awayAndBack('deny')).href, { accept: 'text/html' });
    expect(denied.status).toBe(403);
    expect(await denied.text()).toContain('You said no');
    const back = await awayAndBack();
    back.searchParams.set('state', 'foreign');
    const foreign = await ask('GET', back.href);
    expect(foreign.status).toBe(400);
    expect(await foreign.json()).toMatchObject({ error: 'callback_mismatch' });
  });

  test.each([
    ['another site', { origin: 'https://evil.example' }],
    ['nobody knows where', {}],
    ['a sandboxed frame', { origin: 'null', 'sec-fetch-site': 'cross-site' }],
    ['an old browser in a sandboxed frame', { origin: 'null' }],
    ['a neighbour', { 'sec-fetch-site': 'same-site' }],
  ])('a request from %s changes nothing and gets nothing', async (_, headers) => {
    jar = new Map();
    for (const path of ['token', 'disconnect']) {
      const refused = await ask(
        'POST',
        `/connect/${path}?database=authdb`,
        headers as Record<string, string>,
      );
      expect(refused.status).toBe(403);
    }
  });

  test.each([
    ['of ours', {}],
    ['of ours that tells nobody where it is', { origin: 'null' }],
  ])('a page %s may ask for its token, also where a browser names no origin', async (_, headers) => {
    jar = new Map();
    const asked = await ask('POST', '/connect/token?database=authdb', {
      'sec-fetch-site': 'same-origin',
      ...headers,
    });
    expect(await asked.json()).toEqual({ status: 'not-connected' });
  });

  test('an unknown database, a changed cookie and a missing page are told in 4xx', async () => {
    jar = new Map([['grantway-authdb', '1.k1.AAAA.AAAA']]);
    expect((await ask('GET', '/connect/auth?database=secret')).status).toBe(400);
    expect(await (await ask('POST', '/connect/token?database=authdb', own())).json()).toEqual({
      status: 'not-connected',
    });
    expect((await ask('GET', '/connect/nothing')).status).toBe(404);
    expect(errors).toEqual([]);
  });
});

test('an application off this machine must be https, and its cookies hold to their host', async () => {
  const client = appClient(gateway);
  const options = { client, databases: { authdb: {} }, afterwards: '/' };
  expect(() => createConnectEndpoints({ ...options, baseUrl: 'http://app.example/connect' })).toThrow(
    /https/,
  );
  const endpoints = createConnectEndpoints({ ...options, baseUrl: 'https://app.example/connect' });
  const answer = await endpoints.handle(new Request('https://app.example/connect/auth?database=authdb'));
  expect(answer?.headers.getSetCookie()).toEqual([
    expect.stringMatching(
      /^__Host-grantway-flow-[^;]+; Max-Age=\d+; Path=\/; HttpOnly; SameSite=Lax; Secure$/,
    ),
  ]);
});

test('an application draws a failure itself, and neither its status nor the end of a cookie gets lost', async () => {
  const endpoints = createConnectEndpoints({
    client: appClient(gateway),
    baseUrl: 'https://app.example/connect',
    databases: { authdb: {} },
    afterwards: '/home',
    problemPage: ({ status, code, sentence, again }) =>
      new Response([code, sentence, again].join('|'), { status, headers: { 'content-type': 'text/plain' } }),
  });
  const begun = await endpoints.handle(new Request('https://app.example/connect/auth?database=authdb'));
  const [cookie = ''] = begun?.headers.getSetCookie() ?? [];
  const { searchParams } = new URL(begun?.headers.get('location') ?? '');
  const back = new URL('https://app.example/connect/callback?error=access_denied');
  back.searchParams.set('state', searchParams.get('state') ?? '');
  back.searchParams.set('iss', gateway.issuer);
  const headers = { accept: 'text/html', cookie: cookie.split(';')[0] ?? '' };
  const told = await endpoints.handle(new Request(back, { headers }));
  expect(told?.status).toBe(403);
  expect(told?.headers.get('content-type')).toBe('text/plain');
  expect(told?.headers.get('cache-control')).toBe('no-store');
  expect(told?.headers.getSetCookie()).toEqual([expect.stringMatching(/^__Host-grantway-flow-.*Max-Age=0/)]);
  expect(await told?.text()).toBe(
    'denied|You said no, and nothing was connected.|/connect/auth?database=authdb',
  );
});

test('a person who disconnects while the gateway is away is told where to end the access', async () => {
  const port = ports.express ?? 0;
  const endpoints = createConnectEndpoints({
    client: { ...appClient(gateway), disconnect: async () => 'unreachable' },
    baseUrl: `http://127.0.0.1:${port}/connect`,
    databases: { authdb: {} },
    afterwards: '/home',
  });
  const ask = async (address: string, cookie?: Response, method = 'GET') =>
    await endpoints.handle(
      new Request(new URL(address, `http://127.0.0.1:${port}`), {
        method,
        headers: {
          accept: 'text/html',
          'sec-fetch-site': 'same-origin',
          cookie: cookie?.headers.getSetCookie().at(-1)?.split(';')[0] ?? '',
        },
      }),
    );
  const begun = await ask('/connect/auth?database=authdb');
  const end = await gateway.person('editor').authorize(new URL(begun?.headers.get('location') ?? ''));
  if (end.kind === 'page') throw new Error(end.html);
  const connected = await ask(end.to.href, begun);
  const told = await ask('/connect/disconnect?database=authdb', connected, 'POST');
  expect(told?.status).toBe(424);
  expect(await told?.text()).toContain('the gateway could not be told');
  expect(told?.headers.getSetCookie()).toEqual([expect.stringMatching(/^grantway-authdb=; Max-Age=0/)]);
});
