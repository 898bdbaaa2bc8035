/**
 * sealing: text that only the holder of a key can read, and only in the place that it was written for.
 *
 * Owns: the envelope of kept tokens and of cookies. Does not own: where keys come from (the caller brings them).
 *
 *   text ─▶ AES-256-GCM under a key of its own, bound to `purpose` ─┐
 *           that key ─▶ AES-256-GCM under a named key of the ring ──┴─▶ `1.keyId.wrapped.sealed`
 */
export type { KeyRing, KeyRingOptions } from './key-ring.ts';
export { openKeyRing } from './key-ring.ts';
export { openSealed, type SealedOutcome, seal } from './seal.ts';
