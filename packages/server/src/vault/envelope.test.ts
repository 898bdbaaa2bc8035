import { createSecretKey, randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type KeyVersion, openEnvelope, rewrapEnvelope, sealEnvelope } from './envelope.ts';

const newKey = (id: string): KeyVersion => ({ id, key: createSecretKey(randomBytes(32)) });
const lookup = (...versions: readonly KeyVersion[]) => {
  return (id: string) => versions.find((version) => version.id === id)?.key;
};

const first = newKey('1');
const second = newKey('2');
const place = { kind: 'role', id: 'authdb/readonly' };
const plaintext = Buffer.from('correct horse battery staple');
const envelope = sealEnvelope(first, place, plaintext);
const parts = (text: string) => text.split('.');

describe('an envelope', () => {
  test('gives back any plaintext, and never looks the same twice', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 2_000 }), (bytes) => {
        const sealed = sealEnvelope(first, place, Buffer.from(bytes));
        expect(sealed).not.toBe(sealEnvelope(first, place, Buffer.from(bytes)));
        expect(openEnvelope(lookup(first), place, sealed)).toEqual(Buffer.from(bytes));
      }),
      { numRuns: 50 },
    );
  });

  test('I08 never uses a nonce twice, neither for a content nor for its data key', () => {
    const sealed = Array.from({ length: 5_000 }, () => parts(sealEnvelope(first, place, plaintext)));
    for (const part of [2, 3]) {
      const nonces = sealed.map((one) => Buffer.from(one[part] ?? '', 'base64url').toString('hex', 0, 12));
      expect(new Set(nonces).size).toBe(sealed.length);
    }
  });

  test('names its version and its key, and shows nothing of the plaintext', () => {
    expect(envelope).toMatch(/^gwv1\.1\.[\w-]+\.[\w-]+$/);
    expect(Buffer.from(parts(envelope)[3] ?? '', 'base64url').includes(plaintext.subarray(0, 4))).toBe(false);
  });

  test('I02 opens with no character changed to any other', () => {
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_+/=. \n2';
    for (let index = 0; index < envelope.length; index++) {
      for (const other of alphabet) {
        if (other === envelope[index]) continue;
        const altered = envelope.slice(0, index) + other + envelope.slice(index + 1);
        expect(() => openEnvelope(lookup(first, second), place, altered), altered).toThrow(
          /cannot be opened/,
        );
      }
    }
  });

  test('I02 opens with no bit of its binary parts flipped', () => {
    for (const part of [2, 3]) {
      const bytes = Buffer.from(parts(envelope)[part] ?? '', 'base64url');
      for (let bit = 0; bit < bytes.length * 8; bit++) {
        const flipped = Buffer.from(bytes);
        flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
        const altered = parts(envelope).with(part, flipped.toString('base64url')).join('.');
        expect(() => openEnvelope(lookup(first), place, altered)).toThrow(/cannot be opened/);
      }
    }
  });

  test.each([
    ['nothing', ''],
    ['no dots', 'gwv1'],
    ['another version', parts(envelope).with(0, 'gwv2').join('.')],
    ['an unknown key', parts(envelope).with(1, '9').join('.')],
    ['the name of another key that exists', parts(envelope).with(1, '2').join('.')],
    ['a missing part', parts(envelope).slice(0, 3).join('.')],
    ['a part too many', `${envelope}.AAAA`],
    ['an empty data key', parts(envelope).with(2, '').join('.')],
    ['an empty content', parts(envelope).with(3, '').join('.')],
    ['a content cut short', envelope.slice(0, -4)],
    ['padding', `${envelope}=`],
    ['a newline at the end', `${envelope}\n`],
    ['exchanged parts', [...parts(envelope).slice(0, 2), ...parts(envelope).slice(2).reverse()].join('.')],
  ])('I02 with %s is refused', (_, altered) => {
    expect(() => openEnvelope(lookup(first, second), place, altered)).toThrow(/cannot be opened/);
  });

  test.each([
    { kind: 'role', id: 'authdb/admin' },
    { kind: 'role-next', id: 'authdb/readonly' },
    { kind: 'role', id: '' },
    { kind: '', id: 'role' },
  ])('I01 does not open in another place: %o', (elsewhere) => {
    expect(() => openEnvelope(lookup(first), elsewhere, envelope)).toThrow(/cannot be opened/);
  });

  test('I01 does not open when the content of an earlier version of the same record is put in', () => {
    const later = sealEnvelope(first, place, plaintext);
    const mixed = parts(later)
      .with(3, parts(envelope)[3] ?? '')
      .join('.');
    expect(() => openEnvelope(lookup(first), place, mixed)).toThrow(/cannot be opened/);
  });

  test('goes under another key with its content unchanged, and is then independent of the old key', () => {
    const rewrapped = rewrapEnvelope(lookup(first, second), second, place, envelope);
    expect(parts(rewrapped)[1]).toBe('2');
    expect(parts(rewrapped)[3]).toBe(parts(envelope)[3]);
    expect(openEnvelope(lookup(second), place, rewrapped)).toEqual(plaintext);
    expect(() => openEnvelope(lookup(first), place, rewrapped)).toThrow(/cannot be opened/);
  });

  test('is not put under another key when its content was altered', () => {
    const bytes = Buffer.from(parts(envelope)[3] ?? '', 'base64url');
    bytes[20] = (bytes[20] ?? 0) ^ 1;
    const altered = parts(envelope).with(3, bytes.toString('base64url')).join('.');
    expect(() => rewrapEnvelope(lookup(first), second, place, altered)).toThrow(/cannot be opened/);
  });

  test('I02 says in its refusal which record it is and nothing of the secret', () => {
    expect(() => openEnvelope(lookup(first), place, `${envelope}x`)).toThrow('role "authdb/readonly"');
    expect(() => openEnvelope(lookup(first), place, `${envelope}x`)).not.toThrow(parts(envelope)[3] ?? '');
  });
});
