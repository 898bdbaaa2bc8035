import { randomInt } from 'node:crypto';
import type { CancelKey } from '../engine.ts';

/**
 * Numbers of sessions have 32 bits in the protocol. Ours have 31: MariaDB's Java driver keeps them with a sign, and
 * sends `KILL QUERY -1325135492` for a greater one.
 */
export const mostConnectionId = 0x7fff_ffff;
let last = randomInt(1, mostConnectionId);

/**
 * The number that a client knows its session by, from the greeting on: `KILL QUERY 4711` on another connection means
 * that session. No two live sessions of a gateway share one. It is no secret, and needs none: a kill is only heard on
 * a connection of the same person.
 */
export function nextConnectionId(): number {
  last = last === mostConnectionId ? 1 : last + 1;
  return last;
}

/** A connection id in the form in which the gateway keeps the keys of its sessions. @throws RangeError beyond 32 bits */
export function cancelKeyOf(connectionId: number): CancelKey {
  const bytes = Buffer.allocUnsafe(4);
  bytes.writeUInt32BE(connectionId);
  return { id: bytes.toString('hex'), bytes };
}
