import { fromBase64, toBase64Url } from './base64.ts';
import type { KeyRing, SealingKey } from './key-ring.ts';

const version = '1';
const ivBytes = 12;

/** What came of a sealed text. */
export type SealedOutcome =
  | { readonly outcome: 'opened'; readonly text: string }
  /** Another place's text, changed, cut off, or of a key that the ring does not have. */
  | { readonly outcome: 'unreadable' };

/**
 * Seals `text` with a key made for it alone (AES-256-GCM, NIST SP 800-38D: a fresh key per record keeps random 96-bit
 * IVs far from their limit). `purpose` is bound to it as associated data and must be told again to open it, so that a
 * record copied into another person's place stays shut.
 */
export async function seal(ring: KeyRing, purpose: readonly string[], text: string): Promise<string> {
  const wrapping = ring.key(ring.current);
  if (wrapping === undefined) throw new TypeError(`The current key "${ring.current}" is not in the ring.`);
  const own = crypto.getRandomValues(new Uint8Array(32));
  const wrapped = await encrypt(wrapping, bind('key', ring.current, purpose), own);
  const sealed = await encrypt(
    await importOwn(own),
    bind('text', ring.current, purpose),
    new TextEncoder().encode(text),
  );
  return [version, ring.current, toBase64Url(wrapped), toBase64Url(sealed)].join('.');
}

/** Opens what {@link seal} made for the same purpose. */
export async function openSealed(
  ring: KeyRing,
  purpose: readonly string[],
  envelope: string,
): Promise<SealedOutcome> {
  const [writtenBy, keyId = '', wrappedText = '', sealedText = '', ...rest] = envelope.split('.');
  const wrapping = ring.key(keyId);
  const wrapped = fromBase64(wrappedText);
  const sealed = fromBase64(sealedText);
  if (writtenBy !== version || rest.length > 0) return { outcome: 'unreadable' };
  if (wrapping === undefined || wrapped === undefined || sealed === undefined)
    return { outcome: 'unreadable' };
  try {
    const own = await decrypt(wrapping, bind('key', keyId, purpose), wrapped);
    const text = await decrypt(await importOwn(own), bind('text', keyId, purpose), sealed);
    return { outcome: 'opened', text: new TextDecoder().decode(text) };
  } catch {
    // The only thing that WebCrypto tells is that the tag does not fit.
    return { outcome: 'unreadable' };
  }
}

function bind(part: string, keyId: string, purpose: readonly string[]): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(JSON.stringify(['grantway', version, part, keyId, ...purpose]));
}

function importOwn(bytes: Uint8Array<ArrayBuffer>): Promise<SealingKey> {
  return crypto.subtle.importKey('raw', bytes, 'AES-GCM', false, ['encrypt', 'decrypt']);
}

async function encrypt(
  key: SealingKey,
  additionalData: Uint8Array<ArrayBuffer>,
  bytes: Uint8Array<ArrayBuffer>,
): Promise<Uint8Array> {
  const iv = crypto.getRandomValues(new Uint8Array(ivBytes));
  const sealed = new Uint8Array(
    await crypto.subtle.encrypt({ name: 'AES-GCM', iv, additionalData }, key, bytes),
  );
  const all = new Uint8Array(iv.length + sealed.length);
  all.set(iv);
  all.set(sealed, iv.length);
  return all;
}

async function decrypt(
  key: SealingKey,
  additionalData: Uint8Array<ArrayBuffer>,
  bytes: Uint8Array<ArrayBuffer>,
): Promise<Uint8Array<ArrayBuffer>> {
  const iv = bytes.slice(0, ivBytes);
  return new Uint8Array(
    await crypto.subtle.decrypt({ name: 'AES-GCM', iv, additionalData }, key, bytes.slice(ivBytes)),
  );
}
