import type { Secret } from '../core/index.ts';

/**
 * Keeps secrets sealed in the store: AES-256-GCM, a data key for each record, wrapped by a versioned key that the
 * master key wraps. A ciphertext is bound to its kind and id, so that swapping two rows fails.
 */
export interface Vault {
  /** Seals and stores; replaces what was there. */
  put(kind: string, id: string, plaintext: Secret): Promise<void>;
  /**
   * Opens; undefined when there is no such record.
   * @throws on a ciphertext that was altered, moved, or made under an unknown key; never gives partial plaintext.
   */
  open(kind: string, id: string): Promise<Secret | undefined>;
  remove(kind: string, id: string): Promise<void>;
  /** A key derived for one named purpose (cookie signing, checkpoint signatures): 32 bytes, stable across restarts. */
  derive(purpose: string): Promise<Buffer>;
}

/** Turns a reference of the config file (`env:NAME`, `file:PATH`) into the secret it names. */
export interface SecretSource {
  /** @throws an Error whose message names the reference and never a value. */
  resolve(reference: string): Promise<Secret>;
}

/** Where the session finds the password of a role's login. */
export interface UpstreamCredentials {
  /**
   * Candidates in the order to try them: normally one; two while a rotation is in flight, so that a crash between
   * "set on the server" and "saved" locks nobody out.
   */
  candidates(database: string, role: string): Promise<readonly Secret[]>;
}
