import { createServer, type Socket } from 'node:net';
import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { testDatabase, testPermit } from '../../../../tests/support/engine-door.ts';
import { command, RawRedis } from '../../../../tests/support/raw-redis.ts';
import { startRedisCluster } from '../../../../tests/support/redis-cluster.ts';
import { RedisFixture, redisEngine, redisLogin } from '../../../../tests/support/redis-fixture.ts';
import { mintPermit, Refusal, Secret } from '../core/index.ts';
import type { FinishedStatement, Relay, RelayEnd } from '../engines/index.ts';
import { RedisMultiplexer } from '../engines/redis/multiplexing/index.ts';
import { UpstreamPool } from './pool.ts';

let fixture: RedisFixture;
const opened: { close(): Promise<void> }[] = [];

beforeAll(async () => {
  fixture = await RedisFixture.start();
});
afterEach(async () => {
  for (const door of opened.splice(0)) await door.close();
  await untilConnections(0);
});
afterAll(() => fixture.stop());

/** A door whose sessions share: with the real pool, and the name on the wire as the person. */
async function openDoor({ size = 20, waitMs = 5_000, port = fixture.server.port } = {}) {
  const { host } = fixture.server;
  const database = testDatabase(
    { host, port, engine: 'redis', upstreamName: '0', pool: { mode: 'multiplexed', size } },
    redisLogin.login,
  );
  const pool = new UpstreamPool({
    engines: { redis: redisEngine },
    credentials: {
      async *candidates() {
        yield { login: redisLogin.login, password: new Secret(redisLogin.password) };
      },
    },
    waitMs,
    idleMs: 60_000,
    connectTimeoutMs: 5_000,
  });
  const statements: FinishedStatement[] = [];
  const relays: Relay[] = [];
  const ends: RelayEnd[] = [];
  const clients: RawRedis[] = [];
  const sessions: Promise<void>[] = [];

  async function serve(socket: Socket): Promise<void> {
    const accepted = await redisEngine.accept(socket, { name: 'redis', clearTextAllowed: true });
    if (accepted.kind !== 'login') return;
    const { client } = accepted;
    const subject = client.userHint;
    const principal = { method: 'local', subject, displayName: subject, groups: [], claims: {} };
    const permit = mintPermit({ ...testPermit(database, redisLogin.login), principal });
    const lease = await pool.acquire(permit, client.settings, 'request');
    client.welcome(lease.upstream, client.mintCancelKey());
    const relay = redisEngine.relay(client, lease.upstream, {
      wantsParameters: true,
      finished: (statement) => void statements.push(statement),
    });
    relays.push(relay);
    const end = await relay.ended;
    ends.push(end);
    await lease.release(end.idle ? 'idle' : 'doubtful');
  }

  const server = createServer({ noDelay: true }, (socket) => {
    socket.on('error', () => socket.destroy());
    sessions.push(serve(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new TypeError('no port');
  opened.push({
    async close() {
      for (const client of clients) client.destroy();
      await Promise.all(sessions);
      pool.close();
      server.close();
    },
  });
  return {
    statements,
    relays,
    ends,
    async client(user = 'ann', protocol: 2 | 3 = 2): Promise<RawRedis> {
      const client = await RawRedis.connect({ port: address.port, user, password: 'token', protocol });
      clients.push(client);
      return client;
    },
  };
}

/** How many connections of the role the server has. */
async function connections(): Promise<number> {
  const list = String(await fixture.admin.call('CLIENT', 'LIST'));
  return list.split('\n').filter((line) => line.includes(`user=${redisLogin.login}`)).length;
}

async function untilConnections(count: number): Promise<void> {
  while ((await connections()) !== count);
}

const bulk = (text: string) => `$${text.length}\r\n${text}\r\n`;

describe('sessions of one person and role', () => {
  test('share one connection, and those of another person have another', async () => {
    const door = await openDoor();
    const before = await connections();
    const all = await Promise.all(Array.from({ length: 10 }, () => door.client()));
    for (const [at, client] of all.entries()) {
      expect(await client.call('ECHO', `mine ${at}`)).toBe(bulk(`mine ${at}`));
    }
    expect((await connections()) - before).toBe(1);
    await (await door.client('bob')).call('PING');
    expect((await connections()) - before).toBe(2);
  });

  test('are forgotten with the last of them, so that the names that clients give themselves pile up nowhere', async () => {
    let sets = 0;
    const multiplexer = () => {
      sets += 1;
      return new RedisMultiplexer();
    };
    const pool = new UpstreamPool({
      engines: { redis: { ...redisEngine, multiplexer } },
      credentials: {
        async *candidates() {
          yield { login: redisLogin.login, password: new Secret(redisLogin.password) };
        },
      },
      waitMs: 5_000,
      idleMs: 60_000,
      connectTimeoutMs: 5_000,
    });
    const { host, port } = fixture.server;
    const pooled = { engine: 'redis', upstreamName: '0', pool: { mode: 'multiplexed', size: 20 } } as const;
    const permit = testPermit(testDatabase({ host, port, ...pooled }, redisLogin.login), redisLogin.login);
    const settings = new Map([
      ['protocol', '3'],
      ['name', 'worker-1'],
    ]);
    const join = () => pool.acquire(permit, settings, 'request');
    const [one, other] = [await join(), await join()];
    await one.release('idle');
    await (await join()).release('idle');
    expect(sets, 'while somebody has a place').toBe(1);
    await other.release('idle');
    await (await join()).release('idle');
    expect(sets).toBe(2);
    await expect(pool.acquire(permit, new Map(), 'request'), 'settings of no client').rejects.toThrow(
      TypeError,
    );
    await expect(pool.acquire(permit, new Map(), 'request')).rejects.toThrow(TypeError);
    expect(sets, 'nobody got a place').toBe(4);
    pool.close();
  });

  test('are each on record with what they did', async () => {
    const door = await openDoor();
    const [a, b] = [await door.client(), await door.client()];
    await a.call('SET', 'record:a', '1');
    await b.call('INCR', 'record:a');
    expect(door.statements.map(({ text, outcome }) => [text, outcome])).toEqual([
      ['SET record:a (1 bytes)', 'succeeded'],
      ['INCR record:a', 'succeeded'],
    ]);
  });

  test.each<[what: string, begin: readonly string[], answer: string | undefined]>([
    ['a transaction', ['MULTI'], '+OK\r\n'],
    ['a watch', ['WATCH', 'k'], '+OK\r\n'],
    ['a subscription', ['SUBSCRIBE', 'c'], '*3\r\n$9\r\nsubscribe\r\n$1\r\nc\r\n:1\r\n'],
    ['a subscription to a pattern', ['PSUBSCRIBE', 'c*'], '*3\r\n$10\r\npsubscribe\r\n$2\r\nc*\r\n:1\r\n'],
    ['a subscription of a shard', ['SSUBSCRIBE', 'c'], '*3\r\n$10\r\nssubscribe\r\n$1\r\nc\r\n:1\r\n'],
    ['tracking', ['CLIENT', 'TRACKING', 'ON', 'NOLOOP'], '+OK\r\n'],
    ['an answer to a redirection', ['ASKING'], undefined],
    ['a blocking read', ['BLPOP', 'nothing', '0'], undefined],
    ['a blocking read of a stream', ['XREAD', 'BLOCK', '0', 'STREAMS', 'nothing', '$'], undefined],
    ['a name', ['CLIENT', 'SETNAME', 'me'], '+OK\r\n'],
    ['its id', ['CLIENT', 'ID'], undefined],
    ['read-only mode', ['READONLY'], undefined],
    ['a command that nobody knows', ['NO.SUCH'], undefined],
    ['a change of protocol', ['HELLO', '3'], undefined],
  ])('E03 E04 do not share %s', async (_, begin, answer) => {
    const door = await openDoor();
    const [a, b] = [await door.client(), await door.client()];
    const before = await connections();
    a.send(...begin);
    if (answer !== undefined) expect(await a.read()).toBe(answer);
    await untilConnections(before + 1);
    expect(await b.call('GET', 'nothing')).toBe('$-1\r\n');
    expect(await b.call('CLIENT', 'GETNAME')).toBe('$-1\r\n');
  });

  test('E02 speak the version that each of them asks for, from its next answer on, and no other notices', async () => {
    const door = await openDoor();
    const [a, b] = [await door.client(), await door.client()];
    const before = await connections();
    expect(await a.pipeline(['GET', 'nothing'], ['HELLO', '3'], ['GET', 'nothing'])).toEqual([
      '$-1\r\n',
      expect.stringMatching(/^%\d+\r\n/),
      '_\r\n',
    ]);
    expect(await b.call('GET', 'nothing')).toBe('$-1\r\n');
    expect(await a.pipeline(['HELLO', '2'], ['GET', 'nothing'])).toEqual([
      expect.stringMatching(/^\*\d+\r\n/),
      '$-1\r\n',
    ]);
    expect(await connections()).toBe(before + 1);
  });

  test.each(['OFF', 'SKIP', 'ON'])(
    'E02 are refused CLIENT REPLY %s, and each gets its own replies behind it',
    async (mode) => {
      const door = await openDoor();
      const [a, b] = [await door.client(), await door.client()];
      const refused = '-NOPERM CLIENT REPLY is not offered through Grantway.\r\n';
      const asked = (name: string) => [
        ['ECHO', `before ${name}`],
        ['client', 'Reply', mode],
        ['ECHO', name],
      ];
      const answers = [a, b].map((client, index) => client.pipeline(...asked(`${index}`)));
      expect(await Promise.all(answers)).toEqual(
        ['0', '1'].map((name) => [bulk(`before ${name}`), refused, bulk(name)]),
      );
    },
  );

  test('come back from a transaction or a wait, which leaves nothing behind', async () => {
    const door = await openDoor({ size: 2 });
    const [a, b] = [await door.client(), await door.client()];
    for (const client of [a, b, a]) {
      expect(await client.pipeline(['MULTI'], ['ECHO', 'x'], ['EXEC'], ['ECHO', 'y'])).toEqual([
        '+OK\r\n',
        '+QUEUED\r\n',
        `*1\r\n${bulk('x')}`,
        bulk('y'),
      ]);
      expect(await client.pipeline(['RPUSH', 'jobs', 'job'], ['BLPOP', 'jobs', '0'])).toEqual([
        ':1\r\n',
        `*2\r\n${bulk('jobs')}${bulk('job')}`,
      ]);
    }
  });

  test('stay on their own when EXEC failed, since a transaction may be open', async () => {
    const door = await openDoor();
    const a = await door.client();
    const before = await connections();
    expect(await a.call('WATCH', 'k')).toBe('+OK\r\n');
    expect(await a.call('EXEC')).toBe('-ERR EXEC without MULTI\r\n');
    expect(await a.call('PING')).toBe('+PONG\r\n');
    expect(await connections()).toBe(before + 1);
  });

  test('are refused WAIT, which would vouch for writes of another connection', async () => {
    const door = await openDoor();
    const a = await door.client();
    const refused = /^-ERR unknown command 'WAIT-IS-NOT-OFFERED-WITH-MULTIPLEXED-CONNECTIONS'/;
    expect(await a.call('WAIT', '0', '0')).toMatch(refused);
    await a.call('MULTI');
    expect(await a.call('WAIT', '0', '0')).toMatch(refused);
    expect(await a.call('EXEC')).toMatch(/^-EXECABORT/);
  });

  test('wait for nobody who has sent half a value', async () => {
    const door = await openDoor();
    const [a, b] = [await door.client(), await door.client()];
    const value = 'v'.repeat(3_000_000);
    const whole = command('SET', 'large', value);
    const before = await connections();
    a.write(whole.slice(0, 2_000_000));
    await untilConnections(before + 1);
    expect(await b.call('EXISTS', 'large')).toBe(':0\r\n');
    a.write(whole.slice(2_000_000));
    expect(await a.read()).toBe('+OK\r\n');
    expect(await b.call('STRLEN', 'large')).toBe(':3000000\r\n');
  });

  test('wait for one who reads a long answer slowly, and get theirs behind it', async () => {
    const door = await openDoor();
    const [a, b] = [await door.client(), await door.client()];
    await fixture.admin.set('long', Buffer.alloc(5_000_000, 'x'));
    a.socket.removeAllListeners('data').pause();
    a.send('GET', 'long');
    b.send('ECHO', 'b');
    let seen = 0;
    const all = new Promise<void>((resolve) => {
      a.socket.on('data', (bytes: Buffer) => {
        seen += bytes.length;
        if (seen === 5_000_000 + '$5000000\r\n\r\n'.length) resolve();
      });
    });
    a.socket.resume();
    await all;
    expect(await b.read()).toBe(bulk('b'));
  });

  test('E12 are not kept waiting by one who does not read at all: that one is cut', async () => {
    const door = await openDoor();
    const [a, b] = [await door.client(), await door.client()];
    await fixture.admin.set('long', Buffer.alloc(30_000_000, 'x'));
    a.socket.removeAllListeners('data').pause();
    a.send('GET', 'long');
    expect(await b.call('ECHO', 'b')).toBe(bulk('b'));
    while (door.ends.length === 0) await b.call('PING');
    expect(door.ends[0]?.cause).toBe('upstream_lost');
  });

  test('lose nothing when another leaves with its replies outstanding', async () => {
    const door = await openDoor();
    const b = await door.client();
    for (let round = 0; round < 20; round += 1) {
      const a = await door.client();
      a.write(Array.from({ length: 200 }, (_, at) => command('ECHO', `a${at}`)).join(''));
      b.send('ECHO', `b${round}`);
      a.socket.resetAndDestroy();
      expect(await b.read()).toBe(bulk(`b${round}`));
    }
  });

  test('go on when another is stopped', async () => {
    const door = await openDoor();
    const [a, b] = [await door.client(), await door.client()];
    await a.call('PING');
    await door.relays[0]?.stop(new Refusal('access_revoked', { reason: 'a test' }), 1_500);
    expect(await a.readMany(2)).toEqual([
      '-ERR Your access was revoked: a test. Sign in again if you still need it.\r\n',
      'ended',
    ]);
    expect(await b.call('PING')).toBe('+PONG\r\n');
  });

  test('all end, and are told, when the server ends their connection; who comes next has a new one', async () => {
    const door = await openDoor();
    const [a, b] = [await door.client(), await door.client()];
    await a.call('PING');
    await fixture.admin.call('CLIENT', 'KILL', 'USER', redisLogin.login, 'SKIPME', 'yes');
    for (const client of [a, b]) {
      expect(await client.readMany(2)).toEqual(['-ERR The database closed the connection.\r\n', 'ended']);
    }
    expect(await (await door.client()).call('PING')).toBe('+PONG\r\n');
  });

  test('B14 all end when their server has become a replica; who comes next does not join them', async () => {
    const door = await openDoor();
    const [writer, reader] = [await door.client(), await door.client()];
    expect(await writer.call('SET', 'demotion', '1')).toBe('+OK\r\n');
    expect(await reader.call('GET', 'demotion')).toBe(bulk('1'));
    await fixture.admin.replicaof('127.0.0.1', 1);
    try {
      expect(await writer.call('SET', 'demotion', '2')).toMatch(/^-READONLY /);
      for (const client of [writer, reader]) {
        expect(await client.readMany(2)).toEqual([expect.stringMatching(/^-ERR /), 'ended']);
      }
    } finally {
      await fixture.admin.call('REPLICAOF', 'NO', 'ONE');
    }
    const next = await door.client();
    expect(await next.call('SET', 'demotion', '3')).toBe('+OK\r\n');
  });

  test('are refused a connection of their own when there is none', async () => {
    const door = await openDoor({ size: 1, waitMs: 1 });
    const [a, b] = [await door.client(), await door.client()];
    a.send('BLPOP', 'nothing', '0');
    expect((await a.readMany(2))[0]).toBe(
      `-${new Refusal('pool_exhausted').native.redis} ${new Refusal('pool_exhausted').message}\r\n`,
    );
    expect(await b.call('PING')).toBe('+PONG\r\n');
  });
});

describe.each([2, 3] as const)('whatever clients do at the same time in RESP%i', (protocol) => {
  const step = fc.constantFrom(
    'echo',
    'set',
    'incr',
    'multi',
    'discard',
    'block',
    'publish',
    'wrong',
    'large',
    'leave',
  );
  const script = fc.array(fc.array(step, { minLength: 1, maxLength: 12 }), { minLength: 1, maxLength: 6 });

  test('E03 each gets the replies to its own commands, in order, and no other', async () => {
    const door = await openDoor({ size: 40 });
    let run = 0;
    const property = fc.asyncProperty(fc.array(script, { minLength: 2, maxLength: 8 }), async (scripts) => {
      run += 1;
      await Promise.all(
        scripts.map((rounds, at) =>
          play(() => door.client('ann', protocol), `p${protocol}:r${run}:c${at}`, rounds),
        ),
      );
    });
    await fc.assert(property, { numRuns: 25 });
  });
});

type Step = 'echo' | 'set' | 'incr' | 'multi' | 'discard' | 'block' | 'publish' | 'wrong' | 'large' | 'leave';

/** Sends each round as one pipeline, tagged so that nobody else's reply could be taken for its own. */
async function play(
  connect: () => Promise<RawRedis>,
  tag: string,
  rounds: readonly (readonly Step[])[],
): Promise<void> {
  let client = await connect();
  let serial = 0;
  for (const steps of rounds) {
    const sent: string[] = [];
    const expected: string[] = [];
    let leaves = false;
    const ask = (reply: string, ...args: readonly string[]) => {
      sent.push(command(...args));
      expected.push(reply);
    };
    for (const one of steps) {
      serial += 1;
      const mine = `${tag}:${serial}`;
      switch (one) {
        case 'echo':
          ask(bulk(mine), 'ECHO', mine);
          break;
        case 'set':
          ask('+OK\r\n', 'SET', tag, mine);
          ask(bulk(mine), 'GET', tag);
          break;
        case 'incr':
          ask(`:${serial}\r\n`, 'INCRBY', mine, String(serial));
          break;
        case 'multi':
          ask('+OK\r\n', 'MULTI');
          ask('+QUEUED\r\n', 'ECHO', mine);
          ask(`*1\r\n${bulk(mine)}`, 'EXEC');
          break;
        case 'discard':
          ask('+OK\r\n', 'MULTI');
          ask('+QUEUED\r\n', 'SET', tag, 'never');
          ask('+OK\r\n', 'DISCARD');
          break;
        case 'block':
          ask(':1\r\n', 'RPUSH', `${mine}:list`, mine);
          ask(`*2\r\n${bulk(`${mine}:list`)}${bulk(mine)}`, 'BLPOP', `${mine}:list`, '0');
          break;
        case 'publish':
          ask(':0\r\n', 'PUBLISH', mine, 'x');
          break;
        case 'wrong':
          ask("-ERR wrong number of arguments for 'get' command\r\n", 'GET', mine, 'x');
          break;
        case 'large': {
          const value = mine.padEnd(300_000, '.');
          ask('+OK\r\n', 'SET', mine, value);
          ask(bulk(mine), 'GETRANGE', mine, '0', String(mine.length - 1));
          break;
        }
        case 'leave':
          leaves = true;
          break;
      }
    }
    client.write(sent.join(''));
    if (leaves) {
      client.destroy();
      client = await connect();
    } else expect(await client.readMany(expected.length)).toEqual(expected);
  }
  client.destroy();
}

test('sessions share their connections to the nodes of a cluster, and leave them for a transaction', async () => {
  const cluster = await startRedisCluster();
  try {
    const door = await openDoor({ port: cluster.nodes[0]?.port ?? 0 });
    const clients = await Promise.all([1, 2, 3].map(() => door.client()));
    const keys = ['foo', 'bar', 'c'];
    const replies = await Promise.all(
      clients.map((client, at) =>
        client.pipeline(
          ...keys.map((key) => ['SET', `${at}{${key}}`, `${at}`] as const),
          ...keys.map((key) => ['GET', `${at}{${key}}`] as const),
        ),
      ),
    );
    expect(replies).toEqual(
      clients.map((_, at) => [...keys.map(() => '+OK\r\n'), ...keys.map(() => `$1\r\n${at}\r\n`)]),
    );
    const [first, second] = clients;
    const both = [
      first?.pipeline(['MULTI'], ['SET', 'foo', 'x'], ['GET', 'foo'], ['EXEC'], ['GET', 'bar']),
      second?.pipeline(['GET', '1{bar}'], ['MGET', '1{foo}', '1{bar}'], ['GET', '1{foo}']),
    ];
    expect(await Promise.all(both)).toEqual([
      ['+OK\r\n', '+QUEUED\r\n', '+QUEUED\r\n', '*2\r\n+OK\r\n$1\r\nx\r\n', '$-1\r\n'],
      ['$1\r\n1\r\n', expect.stringMatching(/^-CROSSSLOT /), '$1\r\n1\r\n'],
    ]);
  } finally {
    for (const door of opened.splice(0)) await door.close();
    await cluster.stop();
  }
});
