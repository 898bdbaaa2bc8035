import { createServer, type Server } from 'node:net';
import { Redis } from 'ioredis';
import { afterEach, expect, test } from 'vitest';
import type { RedisFixture } from '../../../../../../tests/support/redis-fixture.ts';
import { startRedisPair } from '../../../../../../tests/support/redis-pair.ts';
import { startSentinels, watchedName } from '../../../../../../tests/support/redis-sentinels.ts';
import { commandBytes } from '../messages.ts';

const stops: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

async function startPair() {
  const pair = await startRedisPair();
  stops.push(() => pair.stop());
  return pair;
}

/** Something that answers every question with this, as a Sentinel does that has not heard of the failover. */
async function answering(reply: Buffer) {
  const server: Server = createServer((socket) => {
    socket.on('error', () => {});
    socket.once('data', () => socket.end(reply));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  stops.push(async () => server.close());
  const bound = server.address();
  if (bound === null || typeof bound === 'string') throw new TypeError('not a TCP listener');
  return { host: '127.0.0.1', port: bound.port };
}

function addressOf({ server }: RedisFixture): Buffer {
  return commandBytes(server.host, String(server.port));
}

test('a client goes on at the new primary after the old one died', { timeout: 60_000 }, async () => {
  const { primary, replica, watcher } = await startPair();
  const sentinels = await startSentinels({ primary: primary.server, watcher });
  stops.push(() => sentinels.stop());
  await sentinels.haveFoundEachOther();
  const [first = { host: '', port: 0 }] = sentinels.addresses;
  const door = await primary.open({
    database: { ...first, sentinels: { primary: watchedName, addresses: sentinels.addresses } },
  });
  const client = new Redis({
    host: '127.0.0.1',
    port: door.port,
    password: 'token',
    retryStrategy: () => 50,
    maxRetriesPerRequest: null,
  });
  client.on('error', () => {});
  stops.push(async () => client.disconnect());

  await client.set('before', '1');
  expect(await primary.admin.get('before')).toBe('1');
  while ((await replica.admin.get('before')) !== '1');
  const pid = Number(/process_id:(\d+)/.exec(await primary.admin.info('server'))?.[1]);
  process.kill(pid, 'SIGKILL');

  // What is under way when the server dies fails; whether it was done, nobody knows.
  while ((await client.set('after', '2').catch(() => 'failed')) !== 'OK');
  // A promotion ends the connections of a server.
  const promoted = await replica.server.adminClient();
  stops.push(async () => promoted.disconnect());
  expect(await promoted.role()).toContain('master');
  expect(await promoted.mget('before', 'after')).toEqual(['1', '2']);
  expect(door.ends[0]?.idle).toBe(false);
});

test('a Sentinel that still names the demoted server is passed over, and nothing is written there', async () => {
  const { primary, replica } = await startPair();
  const addresses = [await answering(addressOf(replica)), await answering(addressOf(primary))];
  const door = await primary.open({
    database: { host: '127.0.0.1', port: 1, sentinels: { primary: 'any', addresses } },
  });
  const client = await primary.raw(door);
  expect(await client.pipeline(['SET', 'a', '1'])).toEqual(['+OK\r\n']);
  expect(await primary.admin.get('a')).toBe('1');
});

test.each<[what: string, reply: Buffer | 'replica']>([
  ['names a replica', 'replica'],
  ['does not know the name', Buffer.from('*-1\r\n')],
  ['wants a password', Buffer.from('-NOAUTH Authentication required.\r\n')],
  ['names no port', commandBytes('127.0.0.1', '0')],
  ['says nothing and leaves', Buffer.alloc(0)],
  ['is something else', Buffer.from('HTTP/1.1 400 Bad Request\r\n')],
])('nobody is let in where the only Sentinel %s', async (_, reply) => {
  const { primary, replica } = await startPair();
  const addresses = [await answering(reply === 'replica' ? addressOf(replica) : reply)];
  const door = await primary.open({
    database: { host: '127.0.0.1', port: 1, sentinels: { primary: 'any', addresses } },
  });
  const client = new Redis({
    host: '127.0.0.1',
    port: door.port,
    password: 'token',
    retryStrategy: null,
    lazyConnect: true,
  });
  client.on('error', () => {});
  stops.push(async () => client.disconnect());
  await expect(client.connect()).rejects.toThrow();
  expect(door.refusals).toMatchObject([{ code: 'upstream_unreachable' }]);
});

test('a connection to a server that became a replica says so, and nobody else gets it', async () => {
  const { primary, replica } = await startPair();
  const addresses = [await answering(addressOf(primary))];
  const door = await primary.open({
    reuse: true,
    database: { host: '127.0.0.1', port: 1, sentinels: { primary: 'any', addresses } },
  });
  const client = await primary.raw(door);
  expect(await client.pipeline(['PING'])).toEqual(['+PONG\r\n']);
  await primary.admin.replicaof(replica.server.host, replica.server.port);
  expect(await client.pipeline(['SET', 'a', '1'])).toEqual([expect.stringMatching(/^-READONLY /)]);
  client.close();
  await door.settled();
  expect(door.ends).toMatchObject([{ idle: false }]);
});
