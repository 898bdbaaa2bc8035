import { createServer, type Server, type Socket } from 'node:net';
import { Redis } from 'ioredis';
import { afterEach, expect, test } from 'vitest';
import { type RedisFixture, redisProblems } from '../../../../../../tests/support/redis-fixture.ts';
import { startRedisPair } from '../../../../../../tests/support/redis-pair.ts';
import { startSentinels, watchedName } from '../../../../../../tests/support/redis-sentinels.ts';
import { Refusal } from '../../../core/index.ts';
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

const lastWords = `-ERR ${new Refusal('primary_changed').message}\r\n`;

async function listening(server: Server) {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  stops.push(async () => server.close());
  const bound = server.address();
  if (bound === null || typeof bound === 'string') throw new TypeError('not a TCP listener');
  return { host: '127.0.0.1', port: bound.port };
}

/** As a Sentinel says that another server is the primary. */
function switched(name: string, from: RedisFixture, to: RedisFixture): Buffer {
  const words = [name, from, to].map((one) =>
    typeof one === 'string' ? one : `${one.server.host} ${one.server.port}`,
  );
  return commandBytes('message', '+switch-master', words.join(' '));
}

/** Something that answers every question with this, as a Sentinel does that has not heard of the failover. */
async function answering(reply: Buffer) {
  const server: Server = createServer((socket) => {
    socket.on('error', () => {});
    socket.once('data', () => socket.end(reply));
  });
  return await listening(server);
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
  await primary.server.crash();

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

test('a session on a server that became a replica hears so, ends, and nobody else gets its connection', async () => {
  const { primary, replica } = await startPair();
  const addresses = [await answering(addressOf(primary))];
  const door = await primary.open({
    reuse: true,
    database: { host: '127.0.0.1', port: 1, sentinels: { primary: 'any', addresses } },
  });
  const client = await primary.raw(door);
  expect(await client.pipeline(['PING'])).toEqual(['+PONG\r\n']);
  await primary.admin.replicaof(replica.server.host, replica.server.port);
  client.send('SET', 'a', '1');
  expect(await client.readMany(3)).toEqual([expect.stringMatching(/^-READONLY /), lastWords, 'ended']);
  await door.settled();
  expect(door.ends).toEqual([{ cause: 'stopped', idle: false }]);
});

test('a session that was on a replica from the start reads on after a write that is refused', async () => {
  const { replica } = await startPair();
  const door = await replica.open();
  const client = await replica.raw(door);
  expect(await client.pipeline(['SET', 'a', '1'], ['GET', 'a'])).toEqual([
    expect.stringMatching(/^-READONLY /),
    '$-1\r\n',
  ]);
  expect(await client.pipeline(['PING'])).toEqual(['+PONG\r\n']);
});

test('sessions on a primary that gave way, and is still there, end with a word; the next are on the new one', {
  timeout: 60_000,
}, async () => {
  const { primary, replica, watcher } = await startPair();
  const sentinels = await startSentinels({ primary: primary.server, watcher });
  stops.push(() => sentinels.stop());
  await sentinels.haveFoundEachOther();
  const { addresses } = sentinels;
  const [{ host, port } = { host: '', port: 0 }] = addresses;
  const door = await primary.open({
    database: { host, port, sentinels: { primary: watchedName, addresses } },
  });
  const [idle, blocked, subscribed] = [
    await primary.raw(door),
    await primary.raw(door),
    await primary.raw(door, { protocol: 3 }),
  ];
  blocked.send('BLPOP', 'nothing', '0');
  await primary.blocked(1);
  expect(await subscribed.call('SUBSCRIBE', 'news')).toMatch(/^>/);
  const stock = new Redis({ host: '127.0.0.1', port: door.port, password: 'token', retryStrategy: () => 50 });
  stock.on('error', () => {});
  stops.push(async () => stock.disconnect());
  await stock.set('before', '1');
  while ((await replica.admin.get('before')) !== '1');

  const sentinel = new Redis({ host, port, retryStrategy: null });
  sentinel.on('error', () => {});
  stops.push(async () => sentinel.disconnect());
  // Each has its listener, or it would hear of the failover too late.
  for (const address of addresses) {
    const one = new Redis({ ...address, retryStrategy: null });
    while (!String(await one.client('LIST')).includes('cmd=subscribe'));
    one.disconnect();
  }
  await sentinel.call('SENTINEL', 'FAILOVER', watchedName);

  for (const client of [idle, blocked, subscribed]) {
    expect(await client.readMany(2)).toEqual([lastWords, 'ended']);
  }
  // Up and with its data; whether it knows already that it is a replica, is not waited for.
  const old = await primary.server.adminClient();
  stops.push(async () => old.disconnect());
  expect(await old.get('before')).toBe('1');

  while ((await stock.set('after', '2').catch(() => 'failed')) !== 'OK');
  const promoted = await replica.server.adminClient();
  stops.push(async () => promoted.disconnect());
  expect(await promoted.role()).toContain('master');
  expect(await promoted.mget('before', 'after')).toEqual(['1', '2']);
});

test('a failover that nobody was there to hear of shows when the Sentinel can be listened to again', async () => {
  const { primary, replica } = await startPair();
  let named = addressOf(primary);
  let asked = 0;
  const listeners = new Set<Socket>();
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.on('close', () => listeners.delete(socket));
    socket.on('data', (bytes) => {
      if (!bytes.includes('subscribe')) {
        asked += 1;
        socket.write(named);
      } else {
        listeners.add(socket);
        socket.write('*3\r\n$9\r\nsubscribe\r\n$14\r\n+switch-master\r\n:1\r\n');
      }
    });
  });
  const address = await listening(server);
  const door = await primary.open({
    reuse: true,
    database: { host: '127.0.0.1', port: 1, sentinels: { primary: 'any', addresses: [address] } },
  });
  const client = await primary.raw(door);
  const left = await primary.raw(door);
  left.close();
  await left.read();
  // For each session, and once somebody listens.
  while (listeners.size === 0 || asked < 3) await new Promise(setImmediate);
  // What is said of another primary is nothing.
  for (const socket of listeners) socket.write(switched('other', primary, replica));
  expect(await client.call('PING')).toBe('+PONG\r\n');

  named = addressOf(replica);
  for (const socket of listeners) socket.destroy();
  expect(await client.readMany(2)).toEqual([lastWords, 'ended']);
  // Also the one that waited for its next session.
  expect(door.upstreams.map(({ closed }) => closed)).toEqual([true, true]);
});

test('a Sentinel that refuses to be listened to is told to the operator once', async () => {
  const { primary } = await startPair();
  const refusing = createServer((socket) => {
    socket.on('error', () => {});
    socket.on('data', (bytes) => {
      asked += 1;
      socket.write(bytes.includes('subscribe') ? '-NOPERM no subscribe here\r\n' : addressOf(primary));
    });
  });
  let asked = 0;
  const address = await listening(refusing);
  const door = await primary.open({
    database: { host: '127.0.0.1', port: 1, sentinels: { primary: 'any', addresses: [address] } },
  });
  const client = await primary.raw(door);
  while (asked < 3) await client.call('PING');
  expect(redisProblems.filter((problem) => problem.includes(`:${address.port} `))).toEqual([
    `the Sentinel 127.0.0.1:${address.port} of "testdb" cannot be listened to: ReplyError: NOPERM no subscribe here`,
  ]);
});
