import {
  constants,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  pbkdf2Sync,
  privateDecrypt,
  randomBytes,
  sign,
  verify,
} from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Secret } from '../../../core/index.ts';
import {
  ed25519Signature,
  nativeProof,
  parsecAnswer,
  sealPassword,
  sha2Proof,
  xorRepeating,
} from './index.ts';

const nonce = Buffer.from('abcdefghijklmnopqrst');
const pkcs8Prefix = Buffer.from('302e020100300506032b657004220420', 'hex');

test('mysql_native_password gives the proof that is documented', () => {
  expect(nativeProof(new Secret('tok'), nonce).toString('hex')).toBe(
    '9d788bead2ade5421e2c23cc0124caae7f3edff7',
  );
});

test('caching_sha2_password gives the proof of the recorded login', () => {
  expect(sha2Proof(new Secret('tok'), nonce).toString('hex')).toBe(
    'f7ee0273550726ac0104c95a7d4410aaed6b2d3c3a2f3523b567ec7f7548ccf1',
  );
});

describe('client_ed25519', () => {
  test('signs like Ed25519 does when the password has the length of a seed', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 32, maxLength: 32, unit: 'binary-ascii' }), (password) => {
        const seed = Buffer.from(password);
        const key = createPrivateKey({
          key: Buffer.concat([pkcs8Prefix, seed]),
          format: 'der',
          type: 'pkcs8',
        });
        const message = randomBytes(32);
        expect(ed25519Signature(new Secret(password), message)).toEqual(sign(null, message, key));
      }),
      { numRuns: 30 },
    );
  });

  test.for(['', 'x', 'S3cret of the rôle', 'y'.repeat(500)])(
    'signs with a password of any length: %s',
    (password) => {
      expect(ed25519Signature(new Secret(password), randomBytes(32)).length).toBe(64);
    },
  );
});

describe('parsec', () => {
  const salt = randomBytes(18);
  const stretching = Buffer.concat([Buffer.of(0x50, 0), salt]);

  test('signs both nonces with the key that is stretched from the password', async () => {
    const serverNonce = randomBytes(32);
    const answer = await parsecAnswer(new Secret('pw'), serverNonce, stretching);
    if (answer === 'unusable') throw new Error('unusable');
    const seed = pbkdf2Sync('pw', salt, 1024, 32, 'sha512');
    const key = createPrivateKey({ key: Buffer.concat([pkcs8Prefix, seed]), format: 'der', type: 'pkcs8' });
    const signed = Buffer.concat([serverNonce, answer.subarray(0, 32)]);
    expect(verify(null, signed, createPublicKey(key), answer.subarray(32))).toBe(true);
  });

  test.for([
    ['another algorithm', Buffer.concat([Buffer.of(0x41, 0), salt])],
    ['millions of rounds', Buffer.concat([Buffer.of(0x50, 20), salt])],
    ['hardly any salt', Buffer.from([0x50, 0, 1])],
    ['nothing', Buffer.alloc(0)],
  ] as const)('does not take %s', async ([, given]) => {
    expect(await parsecAnswer(new Secret('pw'), randomBytes(32), given)).toBe('unusable');
  });
});

describe('a sealed password', () => {
  test('can be opened with the private key and the nonce only', () => {
    const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const pem = Buffer.from(publicKey.export({ type: 'spki', format: 'pem' }));
    const sealed = sealPassword(new Secret('the password'), nonce, pem);
    if (sealed === 'unusable') throw new Error('unusable');
    const key = { key: privateKey, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha1' };
    expect(xorRepeating(privateDecrypt(key, sealed), nonce).toString()).toBe('the password\0');
  });

  test('does not fit any key', () => {
    const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 1024 });
    const pem = Buffer.from(publicKey.export({ type: 'spki', format: 'pem' }));
    expect(sealPassword(new Secret('x'.repeat(200)), nonce, pem)).toBe('unusable');
    expect(sealPassword(new Secret('x'), nonce, Buffer.from('no key'))).toBe('unusable');
  });
});
