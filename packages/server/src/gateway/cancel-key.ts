import { randomBytes } from 'node:crypto';
import type { CancelKey } from '../engines/index.ts';

/**
 * A fresh cancel key of 36 random bytes. How much of it goes over the wire is the protocol's matter: PostgreSQL 3.0
 * has room for 8 bytes, 3.2 for all of it. `id` is what the engine gives back when a client presents it.
 */
export function mintCancelKey(): CancelKey {
  const bytes = randomBytes(36);
  return { id: bytes.toString('hex'), bytes };
}
