import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import Provider, { type KoaContextWithOIDC } from 'oidc-provider';
import { expect, onTestFinished, test } from 'vitest';
import { answerFailures } from './answer-failures.ts';

/** A real server of the library, in which everything fails. */
async function failing(logged: unknown[]): Promise<string> {
  const provider = new Provider('http://127.0.0.1:1', {});
  const pages = { error: ({ status }: { readonly status: number }) => `<h1>${status}</h1>` };
  const answering = answerFailures(pages, { error: (fields: unknown) => logged.push(fields) });
  provider.use((ctx, next) => answering(ctx as KoaContextWithOIDC, next));
  provider.use(() => {
    throw new Error('canary: the store is away');
  });
  const answer = provider.callback();
  const server = createServer((request, response) => {
    response.setHeader('x-request-id', 'r1');
    response.setHeader('ratelimit', '"address";r=2;t=60');
    void answer(request, response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/device`;
}

test.each([
  ['application/json', 'application/json', /"error":"server_error".*r1/],
  ['text/html', 'text/html', /^<h1>500<\/h1>$/],
])('what fails on our side is told as %s, with the headers of every answer', async (accept, type, text) => {
  const logged: unknown[] = [];
  const response = await fetch(await failing(logged), { headers: { accept } });
  expect([response.status, response.headers.get('ratelimit')]).toEqual([500, '"address";r=2;t=60']);
  expect(response.headers.get('content-type')).toContain(type);
  const body = await response.text();
  expect(body).toMatch(text);
  expect(body).not.toContain('canary');
  expect(logged).toEqual([
    { err: expect.objectContaining({ message: expect.stringContaining('canary') }), request: 'r1' },
  ]);
});
