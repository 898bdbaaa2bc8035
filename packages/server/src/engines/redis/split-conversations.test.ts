import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { command, RawRedis } from '../../../../../tests/support/raw-redis.ts';
import {
  cutAnywhere,
  inPieces,
  recordTurns,
  saidBy,
  type Turn,
} from '../../../../../tests/support/recorded-conversation.ts';
import { RedisFixture, redisLogin } from '../../../../../tests/support/redis-fixture.ts';
import { ClientCommands } from './client-commands.ts';
import { CommandScanner } from './command-scanner.ts';
import { Conversation } from './conversation.ts';
import { type RespVersion, sessionLimits } from './protocol.ts';
import { ReplyScanner } from './reply-scanner.ts';
import { ServerReplies } from './server-replies.ts';

let fixture: RedisFixture;

beforeAll(async () => {
  fixture = await RedisFixture.start();
});
afterAll(async () => {
  await fixture.stop();
});

/** Records what a client and the real server say to each other after the login. */
async function record(
  protocol: RespVersion,
  use: (client: RawRedis) => Promise<void>,
): Promise<readonly Turn[]> {
  const { login: user, password } = redisLogin;
  const turns = await recordTurns(fixture.server, async (port) => {
    const client = await RawRedis.connect({ port, user, password, protocol });
    await use(client);
    client.destroy();
  });
  return turns.slice(2);
}

/** What a relay makes of a conversation: the bytes that go on, and the records. */
function relayed(turns: readonly Turn[], protocol: RespVersion) {
  const records: string[] = [];
  const conversation = new Conversation(
    {
      wantsParameters: true,
      finished: ({ durationMs: _, ...statement }) => void records.push(JSON.stringify(statement)),
    },
    protocol,
    () => {},
  );
  const commands = new ClientCommands({
    conversation,
    observer: { wantsParameters: true, finished: () => {} },
    own: { answer: async () => Buffer.alloc(0), locked: false, quit: false },
    database: '0',
  });
  const scanners = {
    client: new CommandScanner(commands, sessionLimits),
    server: new ReplyScanner(new ServerReplies(conversation)),
  };
  const through = { client: [] as Buffer[], server: [] as Buffer[] };
  for (const { from, bytes } of turns) through[from].push(scanners[from].push(bytes));
  return {
    client: Buffer.concat(through.client).toString('latin1'),
    server: Buffer.concat(through.server).toString('latin1'),
    records,
    idle: conversation.idle,
    held: scanners.client.heldBytes + scanners.server.heldBytes,
    atBorder: scanners.client.atBorder && scanners.server.atBorder,
    end: commands.verdict?.kind,
  };
}

/** Everything that is told apart by what the bytes say: errors, queues, nested answers, pushes, refusals, words. */
async function talk(client: RawRedis): Promise<void> {
  await client.pipeline(
    ['SET', 'user:1', '\r\n$5\r\n\0'],
    ['GET', 'user:1'],
    ['GET', 'nothing'],
    ['HSET', 'h', 'f', 'v'],
    ['HGETALL', 'h'],
    ['INCR', 'h'],
    ['ZADD', 'z', '1.5', 'm'],
    ['ZRANGE', 'z', '0', '-1', 'WITHSCORES'],
    ['XADD', 'x', '1-1', 'f', 'v'],
    ['XREAD', 'STREAMS', 'x', '0'],
    ['COMMAND', 'INFO', 'get', 'nosuch'],
    ['SET', 'long', 'v'.repeat(300)],
    ['MGET', 'long', 'k'.repeat(300), 'nothing'],
  );
  await client.pipeline(
    ['MULTI'],
    ['SET', 'a', 'x'],
    ['INCR', 'a'],
    ['HGETALL', 'h'],
    ['NOSUCH'],
    ['EXEC'],
    ['MULTI'],
    ['LRANGE', 'h', '0', '1'],
    ['GET', 'a'],
    ['EXEC'],
    ['ACL', 'WHOAMI'],
  );
  client.write('get "us\\x65r:1"\r\n\r\n*0\r\n  ping\n');
  await client.readMany(2);
  client.send('SUBSCRIBE', 'c', 'd');
  client.send('PSUBSCRIBE', 'c*');
  await client.readMany(3);
  await fixture.admin.publish('c', 'message');
  await client.readMany(2);
  client.send('PING');
  client.send('PUNSUBSCRIBE');
  client.send('UNSUBSCRIBE');
  await client.readMany(4);
  await client.pipeline(['DEL', 'a', 'h', 'z', 'x'], ['PING']);
}

describe.each([2, 3] as const)('a conversation in RESP%i', (protocol) => {
  let turns: readonly Turn[];
  let whole: ReturnType<typeof relayed>;

  beforeAll(async () => {
    turns = await record(protocol, talk);
    whole = relayed(turns, protocol);
  });

  test('goes through byte for byte, except that lines of words become arrays, and ends idle', () => {
    const said = (side: Turn['from']) => saidBy(side, turns).toString('latin1');
    expect(whole.server).toBe(said('server'));
    expect(whole.client).toBe(
      said('client').replace(
        'get "us\\x65r:1"\r\n\r\n*0\r\n  ping\n',
        command('get', 'user:1') + command('ping'),
      ),
    );
    expect(whole).toMatchObject({ idle: true, held: 0, atBorder: true, end: undefined });
    expect(whole.records).toHaveLength(33);
  });

  test('A11 is the same when each turn is cut in two at any byte', () => {
    for (const { where, cut } of cutAnywhere(turns)) expect(relayed(cut, protocol), where).toEqual(whole);
  });

  test.each([1, 2, 3, 5, 7, 64])('A11 is the same in pieces of %i bytes', (size) => {
    expect(relayed(inPieces(turns, size), protocol)).toEqual(whole);
  });
});

test('a command that is longer than what is held goes through the same in pieces of any size', () => {
  const long = 'v'.repeat(40_000);
  const bytes = Buffer.from(command('MSET', 'a', long, 'k'.repeat(300), long, 'c', '') + command('GET', 'a'));
  const [whole, ...others] = [200_000, 1, 3, 1_000, 16_384, 16_390, 65_536].map((size) => {
    const { client, atBorder, held } = relayed(inPieces([{ from: 'client', bytes }], size), 2);
    return { client, atBorder, held };
  });
  expect(whole).toEqual({ client: bytes.toString(), atBorder: true, held: 0 });
  for (const other of others) expect(other).toEqual(whole);
});
