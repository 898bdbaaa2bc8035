import { describe, expect, test } from 'vitest';
import { Secret } from '../../core/index.ts';
import { ServerBrokeProtocol } from '../framing/index.ts';
import { int32 } from '../postgres/for-variations.ts';
import { digestPassword } from './digest-password.ts';

const salt = Buffer.from('000102030405060708090a0b0c0d0e0f', 'hex');
const serverNonce = Buffer.from('101112131415161718191a1b1c1d1e1f', 'hex');
const sized = (bytes: Buffer) => Buffer.concat([int32(bytes.length), bytes]);
const challenge = (algorithm: number) => Buffer.concat([int32(algorithm), sized(salt), sized(serverNonce)]);
const prove = (data: Buffer) =>
  digestPassword(() => 1_700_000_000_000)('anyone', new Secret('Secret1'), data);

describe('the proof of a password by digest', () => {
  test('is the digest of the vector, and the client nonce that it was made with', () => {
    const answer = prove(challenge(0));
    if (answer.outcome !== 'message') throw new Error(answer.why);
    expect(answer.bytes.toString('hex')).toBe(
      [
        '64', // d
        '00000039',
        '00000020',
        'e71f4b1c194a5a33e04783e52742ee6c4e96b4114b81eb2eb1f771161c509b34',
        '0000000d',
        Buffer.from('1700000000000').toString('hex'),
      ].join(''),
    );
  });

  test('is not given for another hash function', () => {
    expect(prove(challenge(1))).toEqual({
      outcome: 'impossible',
      why: expect.stringMatching(/digest algorithm 1/),
    });
  });

  const whole = challenge(0);
  const malformed: readonly [what: string, data: Buffer][] = [
    ['nothing at all', Buffer.alloc(0)],
    ['an algorithm alone', int32(0)],
    ['an empty salt', Buffer.concat([int32(0), int32(0), sized(serverNonce)])],
    ['an empty nonce', Buffer.concat([int32(0), sized(salt), int32(0)])],
    ['a salt that reaches beyond the message', Buffer.concat([int32(0), int32(2 ** 31 - 1), salt])],
    ['a length with the highest bit set', Buffer.concat([int32(0), int32(-1), salt, sized(serverNonce)])],
    ['a nonce that is cut', whole.subarray(0, -1)],
    ['a byte too many', Buffer.concat([whole, Buffer.of(0)])],
    ['a challenge of kilobytes', Buffer.concat([int32(0), sized(Buffer.alloc(4_096)), sized(serverNonce)])],
  ];
  test.each(malformed)('is not given to %s', (_, data) => {
    expect(() => prove(data)).toThrow(ServerBrokeProtocol);
  });
});
