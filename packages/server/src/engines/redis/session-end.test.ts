import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { RedisFixture } from '../../../../../tests/support/redis-fixture.ts';
import { Refusal } from '../../core/index.ts';

const revoked = new Refusal('access_revoked', { reason: 'a test' });
const told = '-ERR Your access was revoked: a test. Sign in again if you still need it.\r\n';

let fixture: RedisFixture;

beforeAll(async () => {
  fixture = await RedisFixture.start();
  await fixture.admin.set('big', Buffer.alloc(30_000_000, 'x'));
});
afterEach(async () => {
  await fixture.closeDoors();
});
afterAll(async () => {
  await fixture.stop();
});

describe.each([2, 3] as const)('a session in RESP%i that is stopped', (protocol) => {
  test('is told why at once when nothing runs', async () => {
    const door = await fixture.open();
    const client = await fixture.raw(door, { protocol });
    await door.relays[0]?.stop(revoked, 1_500);
    expect(await client.readMany(2)).toEqual([told, 'ended']);
    expect(door.ends).toEqual([{ cause: 'stopped', idle: true }]);
  });

  test('J08 is told why while it is blocked, and blocks nobody any more', async () => {
    const door = await fixture.open();
    const client = await fixture.raw(door, { protocol });
    client.send('BLPOP', 'list', '0');
    await fixture.blocked(1);
    await door.relays[0]?.stop(revoked, 1_500);
    expect(await client.readMany(2)).toEqual([told, 'ended']);
    await fixture.blocked(0);
    expect(door.ends).toEqual([{ cause: 'stopped', idle: false }]);
    expect(door.statements).toMatchObject([{ text: 'BLPOP list (1 bytes)', outcome: 'unfinished' }]);
  });

  test('is told why while it is subscribed', async () => {
    const door = await fixture.open();
    const client = await fixture.raw(door, { protocol });
    client.send('SUBSCRIBE', 'c');
    await client.read();
    await door.relays[0]?.stop(revoked, 1_500);
    expect(await client.readMany(2)).toEqual([told, 'ended']);
    while ((await fixture.admin.publish('c', 'm')) > 0);
  });

  test('is cut when it does not read', async () => {
    const door = await fixture.open();
    const client = await fixture.raw(door, { protocol });
    client.socket.removeAllListeners('data').pause();
    client.send('GET', 'big');
    await fixture.shows(door, /\bcmd=get\b/);
    await door.relays[0]?.stop(revoked, 200);
    expect(door.ends).toEqual([{ cause: 'stopped', idle: false }]);
    expect(door.upstreams[0]?.closed).toBe(true);
  });
});

describe('an upstream connection', () => {
  test('B07 that the server ends is lost to this client only, who is told', async () => {
    const door = await fixture.open();
    const [lost, kept] = [await fixture.raw(door), await fixture.raw(door)];
    await fixture.admin.call('CLIENT', 'KILL', 'ID', door.upstreams[0]?.pid ?? '');
    expect(await lost.readMany(2)).toEqual(['-ERR The database closed the connection.\r\n', 'ended']);
    await door.relays[0]?.ended;
    expect(door.ends).toEqual([{ cause: 'upstream_lost', idle: false }]);
    expect(await kept.call('PING')).toBe('+PONG\r\n');
  });

  test.each<[how: string, leave: (client: Awaited<ReturnType<RedisFixture['raw']>>) => void]>([
    ['vanishes', (client) => client.socket.resetAndDestroy()],
    ['ends its side', (client) => client.close()],
  ])('B04 is closed when its client %s in the middle of an answer', async (_, leave) => {
    const door = await fixture.open({ reuse: true });
    const client = await fixture.raw(door);
    client.socket.removeAllListeners('data').pause();
    client.send('GET', 'big');
    await fixture.shows(door, /\bcmd=get\b/);
    leave(client);
    await door.settled();
    expect(door.ends).toEqual([{ cause: 'client_left', idle: false }]);
    expect(door.upstreams[0]?.closed).toBe(true);
    const next = await fixture.raw(door);
    expect(await next.call('ECHO', 'x')).toBe('$1\r\nx\r\n');
  });

  test('is closed when its client leaves within a command', async () => {
    const door = await fixture.open({ reuse: true });
    const client = await fixture.raw(door);
    client.write(`*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$100000\r\n${'x'.repeat(50_000)}`);
    await fixture.shows(door, /\bqbuf=[1-9]/);
    client.close();
    await door.settled();
    expect(door.ends).toEqual([{ cause: 'client_left', idle: false }]);
    expect(await fixture.admin.exists('k')).toBe(0);
  });

  test('sees nothing of a small command that its client did not finish', async () => {
    const door = await fixture.open({ reuse: true });
    const client = await fixture.raw(door);
    // What is answered has come together with what is not whole.
    client.write('*1\r\n$4\r\nPING\r\n*2\r\n$3\r\nGET\r\n$1');
    expect(await client.read()).toBe('+PONG\r\n');
    client.close();
    await door.settled();
    expect(door.ends).toEqual([{ cause: 'client_left', idle: true }]);
    const next = await fixture.raw(door);
    expect(await next.call('ECHO', 'x')).toBe('$1\r\nx\r\n');
    expect(door.upstreams[1]).toBe(door.upstreams[0]);
  });
});

describe('bytes that are no commands', () => {
  test.each<[what: string, bytes: string]>([
    ['a length that is none', '*x\r\n'],
    ['an argument that is longer than it says', '*1\r\n$4\r\nPING!!'],
    ['more than a server takes', '*2\r\n$3\r\nGET\r\n$536870913\r\n'],
    ['a quote without end', 'GET "a\r\n'],
    ['a line without end', 'x'.repeat(70_000)],
    ['an HTTP request', 'POST / HTTP/1.1\r\n\r\n'],
  ])('A10 end the session before they reach the server: %s', async (_, bytes) => {
    const door = await fixture.open();
    const client = await fixture.raw(door);
    expect(await client.call('PING')).toBe('+PONG\r\n');
    client.write(bytes);
    expect(await client.read()).toMatch(/^-ERR /);
    expect(await client.read()).toBe('ended');
    await door.settled();
    expect(door.ends).toMatchObject([{ cause: 'protocol_violation' }]);
    expect(door.statements.map(({ text }) => text)).toEqual(['PING']);
  });
});

test('when a record cannot be made, its answer is not given, and the session ends', async () => {
  const door = await fixture.open({
    observer: {
      wantsParameters: false,
      finished: ({ text }) => {
        if (text === 'GET secret') throw new Refusal('audit_unavailable');
      },
    },
  });
  await fixture.admin.set('secret', 'value');
  const client = await fixture.raw(door);
  client.send('PING');
  client.send('GET', 'secret');
  const said = [await client.read(), await client.read(), await client.read()];
  expect(said).toEqual(['+PONG\r\n', expect.stringContaining('audit log cannot be written'), 'ended']);
});
