import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ReplySplitter } from '../../../packages/server/src/engines/redis/multiplexing/reply-splitter.ts';
import { ReplyScanner } from '../../../packages/server/src/engines/redis/reply-scanner.ts';
import { RedisFixture } from '../../support/redis-fixture.ts';
import { redisVersions } from '../../support/redis-program.ts';

/**
 * `npm run test:replies` runs it long. fast-check prints the seed of a failure: `GRANTWAY_REPLY_SEED=<seed>` repeats it.
 */
const numRuns = Number(process.env.GRANTWAY_REPLY_RUNS ?? 60);
const seed = process.env.GRANTWAY_REPLY_SEED;
const settings = { numRuns, ...(seed === undefined ? {} : { seed: Number(seed) }) };

/** Every kind of reply that `DEBUG PROTOCOL` makes, and what real commands say. */
const asked = fc.oneof(
  fc
    .constantFrom('string', 'integer', 'double', 'null', 'array', 'set', 'map', 'attrib', 'verbatim')
    .map((kind) => ['DEBUG', 'PROTOCOL', kind]),
  fc.constantFrom('true', 'false', 'bignum').map((kind) => ['DEBUG', 'PROTOCOL', kind]),
  fc.string({ unit: 'binary-ascii', maxLength: 40 }).map((text) => ['ECHO', text]),
  fc.constantFrom(
    ...[
      ['GET', 'nothing'],
      ['HGETALL', 'map'],
      ['SMEMBERS', 'set'],
      ['ZRANGE', 'sorted', '0', '-1', 'WITHSCORES'],
      ['XRANGE', 'stream', '-', '+'],
      ['COMMAND', 'INFO', 'get', 'nosuch'],
      ['COMMAND', 'DOCS', 'set'],
      ['CONFIG', 'GET', '*max*'],
      ['INCR', 'map'],
      ['NOSUCH'],
      ['LRANGE', 'nothing', '0', '-1'],
      ['EVAL', "return {1, {2, {'x', {}}}, false, redis.error_reply('ERR no')}", '0'],
    ],
  ),
);

/** Cuts the bytes at these places, taken as shares of their length. */
function cut(bytes: Buffer, places: readonly number[]): readonly Buffer[] {
  const at = [0, ...places.map((place) => Math.floor(place * bytes.length)), bytes.length];
  at.sort((one, other) => one - other);
  return at.slice(1).map((end, index) => bytes.subarray(at[index] ?? 0, end));
}

/** How the scanner of a session reads these pieces: what goes on, and behind how many bytes each reply had ended. */
function scanned(pieces: readonly Buffer[]) {
  const ends: number[] = [];
  const through: Buffer[] = [];
  let pushed = 0;
  const scanner = new ReplyScanner({
    begins: () => 'pass',
    element() {},
    ends: () => ends.push(pushed) > 0,
  });
  for (const piece of pieces) {
    pushed += piece.length;
    through.push(Buffer.from(scanner.push(piece)));
  }
  expect(scanner).toMatchObject({ stopped: false, heldBytes: 0, atBorder: true });
  return { ends, through: Buffer.concat(through) };
}

/** How the splitter of shared connections reads them: where each reply ends in all the bytes. */
function split(pieces: readonly Buffer[]): readonly number[] {
  const ends: number[] = [];
  const splitter = new ReplySplitter();
  let before = 0;
  for (const piece of pieces) {
    expect(splitter.push(piece, (at) => ends.push(before + at))).toBe('fine');
    before += piece.length;
  }
  return ends;
}

describe.for(redisVersions)('the scanners of replies, compared with %s', (version) => {
  let fixture: RedisFixture;
  beforeAll(async () => {
    fixture = await RedisFixture.start({ version, settings: { 'enable-debug-command': 'local' } });
    await fixture.admin.hset('map', 'field', 'value', 'other', '');
    await fixture.admin.sadd('set', 'a', 'b');
    await fixture.admin.zadd('sorted', 1.5, 'a', 2, 'b');
    await fixture.admin.xadd('stream', '1-1', 'field', 'value');
  });
  afterAll(() => fixture?.stop());

  /** What the server says to each of these, asked one by one, so that nobody has to find where a reply ends. */
  async function oneByOne(
    protocol: 2 | 3,
    commands: readonly (readonly string[])[],
  ): Promise<readonly string[]> {
    const client = await fixture.direct({ protocol });
    const replies: string[] = [];
    for (const args of commands) {
      const chunks: Buffer[] = [];
      const take = (chunk: Buffer) => chunks.push(chunk);
      client.socket.on('data', take);
      client.send(...args);
      // Whatever came before the answer to a PING is the reply.
      client.send('PING');
      while (!Buffer.concat(chunks).toString('latin1').endsWith('+PONG\r\n')) await client.read();
      client.socket.off('data', take);
      replies.push(Buffer.concat(chunks).toString('latin1').slice(0, -'+PONG\r\n'.length));
    }
    client.destroy();
    return replies;
  }

  test.for([2, 3] as const)(
    'each finds the replies of a pipeline in RESP%i wherever the bytes are cut',
    async (protocol) => {
      await fc.assert(
        fc.asyncProperty(
          fc.array(asked, { minLength: 1, maxLength: 12 }),
          fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 6 }),
          async (commands, places) => {
            const expected = await oneByOne(protocol, commands);
            const bytes = Buffer.from(expected.join(''), 'latin1');
            const ends = expected.map((_, index) => expected.slice(0, index + 1).join('').length);
            const ways = [[bytes], cut(bytes, places), Array.from(bytes, (byte) => Buffer.of(byte))];
            for (const pieces of ways) {
              let pushed = 0;
              const borders = pieces.map(({ length }) => {
                pushed += length;
                return pushed;
              });
              const seenAt = ends.map((end) => borders.find((border) => border >= end));
              expect(scanned(pieces)).toEqual({ ends: seenAt, through: bytes });
              expect(split(pieces)).toEqual(ends);
            }
          },
        ),
        settings,
      );
    },
  );
});
