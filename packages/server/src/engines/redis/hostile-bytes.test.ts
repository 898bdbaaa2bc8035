import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { EngineDoor } from '../../../../../tests/support/engine-door.ts';
import { command, type RawRedis } from '../../../../../tests/support/raw-redis.ts';
import { RedisFixture } from '../../../../../tests/support/redis-fixture.ts';
import { ClientCommands } from './client-commands.ts';
import { CommandScanner } from './command-scanner.ts';
import { Conversation } from './conversation.ts';
import { splitInline } from './inline-command.ts';
import { sessionLimits } from './protocol.ts';
import { parseFields } from './reply.ts';
import { ReplyScanner } from './reply-scanner.ts';
import { ServerReplies } from './server-replies.ts';

const observer = { wantsParameters: true, finished: () => {} };

/** Both scanners of one relay. */
function relay(protocol: 2 | 3) {
  const conversation = new Conversation(observer, protocol, () => {});
  const own = { answer: async () => Buffer.alloc(0), locked: false, quit: false };
  const commands = new ClientCommands({ conversation, observer, own, database: '0' });
  return {
    conversation,
    client: new CommandScanner(commands, sessionLimits),
    server: new ReplyScanner(new ServerReplies(conversation)),
  };
}

const text = (value: string) => Buffer.from(value, 'latin1');
const bulk = fc
  .string({ unit: 'binary', maxLength: 8 })
  .map((value) => `$${Buffer.byteLength(value, 'latin1')}\r\n${value}\r\n`);
const name = fc.constantFrom(
  ...[
    'GET',
    'set',
    'MULTI',
    'EXEC',
    'DISCARD',
    'SUBSCRIBE',
    'UNSUBSCRIBE',
    'PSUBSCRIBE',
    'CONFIG',
    'AUTH',
    'RESET',
  ],
  ...['XREAD', 'ZUNIONSTORE', 'CLIENT', 'COPY', 'MSET', 'EVAL', 'x\0y', ''],
);
const asked = fc
  .tuple(name, fc.array(fc.string({ unit: 'binary', maxLength: 6 }), { maxLength: 5 }))
  .map(([first, rest]) => command(first, ...rest));
/** Headers and lines that look a little like real ones. */
const noise = fc
  .tuple(
    fc.constantFrom(...'+-:$*_#,(!=%~|>x'),
    fc.constantFrom('0', '1', '2', '-1', '3', '', '07', '-0', 'QUEUED', '$'),
  )
  .map(([type, rest]) => `${type}${rest}\r\n`);
const turn = fc.oneof(
  fc.oneof(asked, bulk, noise).map((value) => ({ from: 'client' as const, bytes: text(value) })),
  fc.oneof(noise, bulk).map((value) => ({ from: 'server' as const, bytes: text(value) })),
);

describe('the relay, whatever the two sides say', () => {
  test('A10 never throws, and never passes much more than it was given', () => {
    fc.assert(
      fc.property(fc.array(turn, { maxLength: 40 }), fc.constantFrom(2, 3), (turns, protocol) => {
        const sides = relay(protocol);
        const stopped = { client: false, server: false };
        let given = 0;
        let passed = 0;
        for (const { from, bytes } of turns) {
          if (stopped[from]) continue;
          given += bytes.length;
          passed += sides[from].push(bytes).length;
          stopped[from] = sides[from].stopped;
        }
        // A refused command is replaced by a short one; a line of words becomes an array.
        expect(passed).toBeLessThanOrEqual(given * 10 + turns.length * 200);
        sides.conversation.abandon();
        expect(sides.conversation.idle).toBe(false);
        expect(sides.conversation.failure).toBeUndefined();
      }),
      { numRuns: 2_000 },
    );
  });

  test('takes any bytes at all from either side', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 300 }),
        fc.constantFrom('client' as const, 'server' as const),
        fc.constantFrom(2 as const, 3 as const),
        (bytes, from, protocol) => {
          relay(protocol)[from].push(Buffer.from(bytes));
          splitInline(Buffer.from(bytes));
          parseFields(Buffer.from(bytes));
        },
      ),
      { numRuns: 2_000 },
    );
  });
});

describe('the parser of commands, compared with a real server', () => {
  let fixture: RedisFixture;
  let door: EngineDoor;

  beforeAll(async () => {
    fixture = await RedisFixture.start();
    door = await fixture.open({ observer: { wantsParameters: false, finished: () => {} } });
  });
  afterAll(async () => {
    await fixture.stop();
  });

  const last = 'the last';
  // A server waits for the end of a line that has a NUL in it; it is refused here, which another test shows.
  const word = fc.string({
    unit: fc.constantFrom(...'ab \'"\\\t\v\fxnr\xff7e'),
    minLength: 1,
    maxLength: 8,
  });
  const piece = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 12 }).map((value) => command('echo', value)),
    word.map((value) => `eCHO ${value}\r\n`),
    word.map((value) => `ECHO "${value}"\n`),
    word.map((value) => `  ECHO  '${value}'  \r\n`),
    word.map((value) => command('nosuch', value)),
    fc.constantFrom('\r\n', '\n', '*0\r\n', '*-1\r\n', '*-5\r\n', '   \r\n'),
    fc.constantFrom('*1\r\n$0\r\n\r\n', '*2\r\n$4\r\nECHO\r\n$0\r\n\r\n'),
  );
  const broken = fc.constantFrom(
    ...[
      '*x\r\n',
      '*1\r\n:1\r\n',
      '*1\r\n$x\r\n',
      '*1\r\n$-1\r\n',
      '*+1\r\n',
      '*01\r\n',
      '* 1\r\n',
      '*1 \r\n',
      '*99999999999\r\n',
    ],
    ...[
      '*1\r\n$99999999999\r\n',
      '*1\r\n$04\r\nPING\r\n',
      '*1\rx$4\rxPING\rx\n',
      '*1\r\n$4\r\nPINGxx',
      '*\r\n',
      '*1\r\n\r\n',
      '',
    ],
  );

  /** Sends bytes and then a last command; gives the replies up to that one's, or up to the end. */
  async function answers(
    client: RawRedis,
    bytes: string,
  ): Promise<{ readonly replies: readonly string[]; readonly closed: boolean }> {
    client.write(bytes + command('ECHO', last));
    const replies: string[] = [];
    for (;;) {
      const reply = await client.read();
      if (reply === 'ended') return { replies, closed: true };
      replies.push(reply);
      if (reply.includes(last)) {
        client.destroy();
        return { replies, closed: false };
      }
    }
  }

  test('E10 reads the same commands out of the same bytes, or refuses to read them', async () => {
    let refusals = 0;
    let runs = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(piece, { maxLength: 6 }), broken, async (pieces, end) => {
        const bytes = pieces.join('') + end;
        const direct = await answers(await fixture.direct(), bytes);
        const through = await answers(await fixture.raw(door), bytes);
        runs += 1;
        if (!through.replies.at(-1)?.startsWith('-ERR Protocol error')) {
          expect(through).toEqual(direct);
          return;
        }
        refusals += 1;
        // What was answered before is what the server answers too, and nothing follows.
        expect(through.closed).toBe(true);
        expect(direct.replies.slice(0, through.replies.length - 1)).toEqual(through.replies.slice(0, -1));
      }),
      { numRuns: 600 },
    );
    expect(refusals).toBeGreaterThan(0);
    expect(refusals).toBeLessThan(runs);
  });
});
