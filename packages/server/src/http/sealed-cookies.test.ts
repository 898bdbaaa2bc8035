import { randomBytes } from 'node:crypto';
import cookies from '@fastify/cookie';
import { fastify } from 'fastify';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { type SealedCookies, sealedCookies } from './sealed-cookies.ts';

const key = randomBytes(32);
const time = { now: 1_800_000_000_000 };

function sealing<Value>(shape: z.ZodType<Value>): SealedCookies<Value> {
  return sealedCookies({
    key,
    issuer: new URL('https://access.example.com'),
    name: 'gw_test',
    sameSite: 'strict',
    lifetimeMs: 60_000,
    shape,
    clock: { now: () => time.now, monotonic: () => time.now },
  });
}

const own = sealing(z.object({ person: z.string() }));
const later = sealing(z.object({ person: z.string(), mark: z.number() }));

const app = fastify();
app.register(async (scope) => {
  await scope.register(cookies);
  scope.get('/put', async (_request, reply) => {
    await own.put(reply, 'a page', { person: 'ann' });
    return reply.send();
  });
  scope.get('/read', async (request) => ({ found: await own.read(request, 'a page') }));
  scope.get('/read-elsewhere', async (request) => ({ found: await own.read(request, 'another page') }));
  scope.get('/read-later', async (request) => ({ found: await later.read(request, 'a page') }));
});

async function sealed(): Promise<string> {
  const { cookies } = await app.inject('/put');
  return cookies[0]?.value ?? '';
}

async function read(path: string, cookie: string) {
  const answer = await app.inject({ url: path, cookies: { '__Host-gw_test': cookie } });
  return [answer.statusCode, answer.json()] as const;
}

test('what was put is read for its audience, until its time is over', async () => {
  const cookie = await sealed();
  expect(await read('/read', cookie)).toEqual([200, { found: { person: 'ann' } }]);
  expect(await read('/read-elsewhere', cookie)).toEqual([200, {}]);
  time.now += 61_000;
  expect(await read('/read', cookie)).toEqual([200, {}]);
});

test('what a version before put in another shape is nothing, and no failure', async () => {
  expect(await read('/read-later', await sealed())).toEqual([200, {}]);
});

test.each(['', 'x', 'a.b.c.d.e'])('%j is nothing', async (cookie) => {
  expect(await read('/read', cookie)).toEqual([200, {}]);
});
