import { createHmac, timingSafeEqual } from 'node:crypto';
import type { AuditCheckpoint } from '../store/index.ts';
import type { ChainHead } from './record-line.ts';

/** What the vault derives the signing key of checkpoints for. */
export const checkpointKeyPurpose = 'audit-checkpoint';

/** Signs where a chain stands. Kept in the store, away from the files, it shows when the end of the log was cut. */
export function signCheckpoint(key: Buffer, chain: string, head: ChainHead, at: number): AuditCheckpoint {
  const fields = { chain, sequence: head.sequence, hash: head.hash, at };
  return { ...fields, signature: signature(key, fields) };
}

/** Whether a checkpoint is one that {@link signCheckpoint} made with this key. */
export function isGenuine(key: Buffer, checkpoint: AuditCheckpoint): boolean {
  const given = Buffer.from(checkpoint.signature);
  const wanted = Buffer.from(signature(key, checkpoint));
  return given.length === wanted.length && timingSafeEqual(given, wanted);
}

function signature(key: Buffer, { chain, sequence, hash, at }: Omit<AuditCheckpoint, 'signature'>): string {
  return createHmac('sha256', key)
    .update(JSON.stringify([chain, sequence, hash, at]))
    .digest('base64url');
}
