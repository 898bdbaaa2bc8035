import { fromBase64 } from './base64.ts';

/** The keys of an application, as it is configured. */
export interface KeyRingOptions {
  /** The key that seals from now on. */
  readonly current: string;
  /**
   * Every key that may still be needed, by its id (letters, digits, `-` and `_`): 32 random bytes in base64 each. To
   * rotate, add a key and make it the current one; drop the old one when nothing is sealed with it any more.
   */
  readonly keys: Readonly<Record<string, string>>;
}

/** An AES key of WebCrypto that cannot be exported. */
export type SealingKey = Awaited<ReturnType<typeof crypto.subtle.importKey>>;

/** The keys, ready for use. */
export interface KeyRing {
  readonly current: string;
  key(id: string): SealingKey | undefined;
}

/**
 * Reads the keys. @throws TypeError, with the id and never with the key, when one is not 32 bytes of base64 or the
 * current one is missing: a wrong key ring is a mistake of whoever starts the program.
 */
export async function openKeyRing(options: KeyRingOptions): Promise<KeyRing> {
  const keys = new Map<string, SealingKey>();
  for (const [id, text] of Object.entries(options.keys)) {
    if (!/^[\w-]{1,64}$/.test(id))
      throw new TypeError(`The key id "${id}" has other characters than [A-Za-z0-9_-].`);
    const bytes = fromBase64(text);
    if (bytes?.length !== 32) throw new TypeError(`The key "${id}" must be 32 bytes in base64.`);
    keys.set(id, await crypto.subtle.importKey('raw', bytes, 'AES-GCM', false, ['encrypt', 'decrypt']));
  }
  if (!keys.has(options.current))
    throw new TypeError(`The current key "${options.current}" is not in the ring.`);
  return { current: options.current, key: (id) => keys.get(id) };
}
