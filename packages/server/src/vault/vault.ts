import type { Permit, Secret } from '../core/index.ts';
import type { LoginRenewal } from '../engines/index.ts';

export type { SecretSource } from '../core/index.ts';

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
  /** Seals and stores what was never there. False when something is: of any number of callers, also elsewhere, one gets true. */
  add(kind: string, id: string, plaintext: Secret): Promise<boolean>;
  /** Opens all records of a kind, by their ids; fails as a whole like {@link Vault.open}. */
  openAll(kind: string): Promise<ReadonlyMap<string, Secret>>;
  remove(kind: string, id: string): Promise<void>;
  /** A key derived for one named purpose (cookie signing, checkpoint signatures): 32 bytes, stable across restarts. */
  derive(purpose: string): Promise<Buffer>;
}

/** Where the session finds what it logs in with at the database. */
export interface UpstreamCredentials {
  /**
   * Candidates in the order to try them; each is got only after the server refused the one before. Normally there is
   * one; two while a rotation is in flight, so that a crash between "set on the server" and "saved" locks nobody out;
   * two where a login was kept for a while and the server may have forgotten it. None: the role never got one.
   * `request` is the request id for refusals. @throws Refusal `upstream_refused_login`, `upstream_unreachable`
   */
  candidates(
    permit: Pick<Permit, 'database' | 'role' | 'principal'>,
    request: string,
  ): AsyncIterable<LoginCandidate>;
}

/** A user of the database and its password; none where something else than a password proves the user. */
export interface LoginCandidate {
  readonly login: string;
  readonly password: Secret | undefined;
  /** Present when the password is good for a while only. */
  readonly renewal?: LoginRenewal;
}
