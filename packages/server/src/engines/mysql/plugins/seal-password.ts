import { constants, createPublicKey, publicEncrypt } from 'node:crypto';
import type { Secret } from '../../../core/index.ts';
import { xorRepeating } from './xor.ts';

/** Larger keys than any server makes would only cost us time. */
const mostModulusBits = 8_192;

/**
 * Encrypts a password for a server's RSA key, as caching_sha2_password and sha256_password want it without TLS.
 * `unusable` for a key that is none, or that is too small for this password.
 */
export function sealPassword(password: Secret, nonce: Buffer, pem: Buffer): Buffer | 'unusable' {
  const clear = Buffer.from(`${password.reveal()}\0`);
  try {
    const key = createPublicKey({ key: pem, format: 'pem' });
    const bits = key.asymmetricKeyDetails?.modulusLength ?? mostModulusBits + 1;
    if (key.asymmetricKeyType !== 'rsa' || bits > mostModulusBits) return 'unusable';
    const padding = constants.RSA_PKCS1_OAEP_PADDING;
    return publicEncrypt({ key, padding, oaepHash: 'sha1' }, xorRepeating(clear, nonce));
  } catch {
    return 'unusable';
  }
}
