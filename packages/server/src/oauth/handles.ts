import { hashSecret, newId } from '../core/index.ts';

/**
 * Names for artifacts whose bearer value nobody in this process knows. The store has only hashes, yet the library
 * saves and deletes by the bearer value, also for an artifact that it found another way (a device code by its user
 * code). A handle stands in for the value: it is the hash behind a prefix that is random in each process, so that
 * a hash read from the store cannot be presented as a token.
 */
export interface Handles {
  of(idHash: string): string;
  /** The stored hash of a bearer value or of a handle. */
  hashOf(idOrHandle: string): string;
}

/** Handles of this process: those of another one mean nothing here. */
export function createHandles(): Handles {
  const prefix = newId('handle.');
  return {
    of: (idHash) => prefix + idHash,
    hashOf: (id) => (id.startsWith(prefix) ? id.slice(prefix.length) : hashSecret(id)),
  };
}
