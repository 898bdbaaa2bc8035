import fc from 'fast-check';
import type { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { argumentList } from '../../../packages/server/src/engines/redis/command.ts';
import { CommandScanner } from '../../../packages/server/src/engines/redis/command-scanner.ts';
import { sessionLimits } from '../../../packages/server/src/engines/redis/protocol.ts';
import { command } from '../../support/raw-redis.ts';
import { RedisFixture } from '../../support/redis-fixture.ts';
import { type RedisVersion, redisVersions } from '../../support/redis-program.ts';

/** What our parser reads: commands as arguments, and why it stopped. */
interface Reading {
  readonly commands: readonly (readonly string[])[];
  readonly malformed: string | undefined;
}

/** Reads bytes that arrive in these pieces. */
function read(...pieces: readonly Buffer[]): Reading {
  const commands: string[][] = [];
  let malformed: string | undefined;
  const scanner = new CommandScanner(
    {
      command(one) {
        commands.push(argumentList(one).map((arg) => arg.toString('latin1')));
        return 'pass';
      },
      malformed(what) {
        malformed = what;
      },
    },
    sessionLimits,
  );
  for (const piece of pieces) if (!scanner.stopped) scanner.push(piece);
  return { commands, malformed };
}

/** What a server answers: to ECHO with one word, else that there is no such command, with its arguments. */
function answerTo(args: readonly string[]): string {
  const [name = '', word = ''] = args;
  if (name.toLowerCase() === 'echo' && args.length === 2) return `$${word.length}\r\n${word}\r\n`;
  if (name.toLowerCase() === 'echo') return "-ERR wrong number of arguments for 'echo' command\r\n";
  const upToNul = (text: string, most: number) => (text.split('\0', 1)[0] ?? '').slice(0, most);
  let shown = '';
  for (const arg of args.slice(1)) {
    if (shown.length >= mostShown) break;
    shown += `'${upToNul(arg, mostShown - shown.length)}' `;
  }
  const text = `unknown command '${upToNul(name, mostShown)}', with args beginning with: ${shown}`;
  return `-ERR ${text.replaceAll(/[\r\n]/g, ' ')}\r\n`;
}
const mostShown = 128;

// Which of the commands below exist must not depend on luck: these letters make no name.
const letters = fc.constantFrom(...'qzw79 \'"\\\t\v\fxn\r\n$*\xff\x01');
const word = fc.string({ unit: letters, maxLength: 8 });
const anyWord = fc.string({ unit: 'binary', maxLength: 12 });
/** Streams of commands, good ones and a bad end; lines of words, which are inside of quotes too, have these letters. */
function streams(lineLetters: string) {
  const lineWord = fc.string({ unit: fc.constantFrom(...lineLetters), maxLength: 8 });
  const badLetters = [...'*$12345 \r\nqz\'"\\'].filter(
    (one) => !'\'"\\'.includes(one) || lineLetters.includes(one),
  );
  const good = fc.oneof(
    anyWord.map((value) => command('echo', value)),
    fc.array(word, { minLength: 1, maxLength: 5 }).map((words) => command('zq', ...words)),
    word.map((value) => command(`q${value}`)),
    lineWord.map((value) => `eCHO ${value}\r\n`),
    lineWord.map((value) => `  ECHO "${value}"\n`),
    lineWord.map((value) => `zw ${value} '${value}'  \r\n`),
    fc.constantFrom('\r\n', '\n', '*0\r\n', '*-1\r\n', '*-7\r\n', '  \t \r\n', '*1\r\n$0\r\n\r\n'),
  );
  const bad = fc.oneof(
    fc
      .tuple(
        fc.constantFrom('*', '*1\r\n$', '*2\r\n$4\r\nECHO\r\n$', '*1\r\n'),
        fc.string({ unit: fc.constantFrom(...'0123456789-+ x$*:,'), maxLength: 13 }),
      )
      .map(([before, number]) => `${before}${number}\r\n`),
    fc.string({ unit: fc.constantFrom(...badLetters), maxLength: 20 }).map(withWholeLineEnds),
  );
  return { good, bad };
}

/** A carriage return alone in a header is where we are stricter on purpose. */
function withWholeLineEnds(text: string): string {
  return text.replaceAll(/\r?\n|\r/g, '\r\n');
}

const allLetters = 'qzw79 \'"\\\t\v\fxn\xff\x01';
/**
 * Valkey 9 splits lines of words by rules of its own: it takes a letter behind a closing quote, and some quotes that are not
 * closed, keeps the connection, and loses the byte 255. Redis refuses such a line and ends the connection, and so do we:
 * waiting for that end would never be over there. `deliberate.ts` has what is different.
 */
const lineLetters: Readonly<Record<RedisVersion, string>> = {
  '7': allLetters,
  '8': allLetters,
  'valkey-9': 'qzw79 \txn\x01',
};

describe.for(redisVersions)('the parser of commands, compared with %s', (version) => {
  const { good, bad } = streams(lineLetters[version]);
  let fixture: RedisFixture;
  let admin: Redis;
  beforeAll(async () => {
    fixture = await RedisFixture.start({ version });
    admin = fixture.admin;
  });
  afterAll(() => fixture?.stop());

  /** All that the server says to these bytes; it must have kept the connection exactly when `open`. */
  async function serverSays(bytes: string, atLeast: number, open: boolean): Promise<readonly string[]> {
    const client = await fixture.direct();
    const id = (await client.call('CLIENT', 'ID')).slice(1).trim();
    client.write(command('ECHO', 'begin') + bytes);
    const replies = [...(await client.readMany(1 + atLeast))];
    // The server has read all of it by now. What it waits for will not come.
    if (open) expect(Number(await admin.call('CLIENT', 'KILL', 'ID', id))).toBe(1);
    for (let reply = await client.read(); reply !== 'ended'; reply = await client.read()) replies.push(reply);
    return replies.slice(1);
  }

  test('reads the same commands and arguments, and stops at the same place in the same words', async () => {
    const reached = { open: 0, malformed: 0, commands: 0 };
    await fc.assert(
      fc.asyncProperty(fc.array(good, { maxLength: 6 }), fc.option(bad), async (pieces, end) => {
        const bytes = pieces.join('') + (end ?? '');
        const { commands, malformed } = read(Buffer.from(bytes, 'latin1'));
        const expected = commands.map(answerTo);
        if (malformed !== undefined) {
          expected.push(`-ERR Protocol error: ${malformed.replaceAll(/[\r\n]/g, ' ')}\r\n`);
        }
        reached[malformed === undefined ? 'open' : 'malformed'] += 1;
        reached.commands += commands.length;
        expect(await serverSays(bytes, expected.length, malformed === undefined)).toEqual(expected);
      }),
      { numRuns: 400 },
    );
    expect(Math.min(reached.open, reached.malformed, reached.commands)).toBeGreaterThan(20);
  });
});

test('the parser of commands reads the same when bytes are cut in two anywhere, or come one by one', () => {
  const { good, bad } = streams(allLetters);
  fc.assert(
    fc.property(fc.array(good, { maxLength: 4 }), fc.option(bad), (pieces, end) => {
      const bytes = Buffer.from(pieces.join('') + (end ?? ''), 'latin1');
      const whole = read(bytes);
      for (let at = 1; at < bytes.length; at += 1) {
        expect(read(bytes.subarray(0, at), bytes.subarray(at))).toEqual(whole);
      }
      expect(read(...Array.from(bytes, (byte) => Buffer.of(byte)))).toEqual(whole);
    }),
    { numRuns: 400 },
  );
});
