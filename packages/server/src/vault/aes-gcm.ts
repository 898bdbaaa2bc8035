import { createCipheriv, createDecipheriv, type KeyObject, randomBytes } from 'node:crypto';

const nonceBytes = 12;
const tagBytes = 16;

/**
 * AES-256-GCM (NIST SP 800-38D) with a random nonce: nonce, ciphertext and tag in one. Every key here seals one
 * secret, or the data keys of one key version: far below the 2^32 random nonces that one key may see.
 */
export function seal(key: KeyObject, associated: Buffer, plaintext: Buffer): Buffer {
  const nonce = randomBytes(nonceBytes);
  const cipher = createCipheriv('aes-256-gcm', key, nonce, { authTagLength: tagBytes });
  cipher.setAAD(associated);
  return Buffer.concat([nonce, cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]);
}

/**
 * The inverse of {@link seal}. Gives undefined when a bit of the box, the key or the associated data differs;
 * nothing of the plaintext is handed out before the tag was checked.
 */
export function unseal(key: KeyObject, associated: Buffer, box: Buffer): Buffer | undefined {
  if (box.length < nonceBytes + tagBytes) return undefined;
  const decipher = createDecipheriv('aes-256-gcm', key, box.subarray(0, nonceBytes), {
    authTagLength: tagBytes,
  });
  decipher.setAAD(associated);
  decipher.setAuthTag(box.subarray(box.length - tagBytes));
  const unchecked = decipher.update(box.subarray(nonceBytes, box.length - tagBytes));
  try {
    return Buffer.concat([unchecked, decipher.final()]);
  } catch {
    return undefined;
  } finally {
    unchecked.fill(0);
  }
}

/** Names in a form in which no two lists are alike, as associated data. */
export function associatedData(...names: readonly string[]): Buffer {
  return Buffer.from(JSON.stringify(names));
}

/** Base64url that has exactly one spelling; undefined for every other, which Node would take without a word. */
export function fromBase64url(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, 'base64url');
  return bytes.toString('base64url') === text ? bytes : undefined;
}
