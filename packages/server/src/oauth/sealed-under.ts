import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';

/** What a box is for, and what it belongs to: it opens only where both are said again. */
export interface SealedFor {
  readonly purpose: string;
  readonly owner: string;
}

/**
 * Seals what is kept for whoever presents the same again, under a key that is derived from it: what lies in the store
 * cannot be opened by the store. `presented` is no shorter than a token of ours. AES-256-GCM: nonce, tag and ciphertext
 * in base64url.
 */
export function sealUnder(presented: string, { purpose, owner }: SealedFor, plaintext: string): string {
  const nonce = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', keyFrom(presented, purpose), nonce).setAAD(Buffer.from(owner));
  const ciphertext = Buffer.concat([cipher.update(plaintext, 'utf8'), cipher.final()]);
  return Buffer.concat([nonce, cipher.getAuthTag(), ciphertext]).toString('base64url');
}

/** The inverse of {@link sealUnder}. @throws Error when anything differs */
export function openUnder(presented: string, { purpose, owner }: SealedFor, sealed: string): string {
  const bytes = Buffer.from(sealed, 'base64url');
  const key = keyFrom(presented, purpose);
  const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, 12), { authTagLength: 16 })
    .setAAD(Buffer.from(owner))
    .setAuthTag(bytes.subarray(12, 28));
  return Buffer.concat([decipher.update(bytes.subarray(28)), decipher.final()]).toString('utf8');
}

function keyFrom(presented: string, purpose: string): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', presented, '', `grantway ${purpose}`, 32));
}
