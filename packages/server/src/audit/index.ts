/**
 * audit: what happened, in an order that nobody can change unseen.
 *
 * Owns: one type an event, how an event becomes a line, the hash chain, group commit to segment files, checkpoints,
 * verification, reading back, and removing what is too old. Does not own: deciding what is recorded (the callers do),
 * keeping the signing key (vault), keeping checkpoints (store).
 *
 *   record ─┐                        ┌─▶ <dataDir>/audit/<first sequence>.jsonl
 *           ├─▶ queue ─▶ seal (hash chain) ─▶ write + fdatasync ─▶ durable callers resolve
 *   recordDurably ─┘                 └─▶ every few seconds: a signed checkpoint to the store
 *
 *   verifyAudit, readAudit ◀── the same files, without any lock
 *   prune: does the log vouch for the clock? ─▶ check the oldest file ─▶ record that it goes ─▶ sign how far (pruned.json) ─▶ remove it
 */
export type { Audit, AuditChain, AuditLog } from './audit.ts';
export { chainId } from './chain-id.ts';
export { checkpointKeyPurpose } from './checkpoint.ts';
export type { AuditEvent, AuditSubject, StatementFields, StatementSubject } from './event.ts';
export { type AuditSettings, openAudit } from './open-audit.ts';
export { hasTooOld } from './prune-segments.ts';
export { type AuditFilter, type AuditRecord, readAudit } from './read-audit.ts';
export { type AuditVerdict, verifyAudit } from './verify-audit.ts';
export { isVouchedFor } from './vouched-clock.ts';
