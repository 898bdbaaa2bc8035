/**
 * store/aggregates: what the store promises, one interface for each thing that is remembered, with the rows it gives.
 *
 * Owns: the words, and what holds for each method whatever the database below: what is atomic, what replaces what,
 * what stays. The rules for all of them stand at {@link Store}.
 * Does not own: how it is done (the file of the same name above), and what the rows mean to those who keep them.
 *
 *   people · factors · provisioning      clients · applications · client-activity      artifacts
 *   who may come in                      what they let act for them                    what OAuth is in the midst of
 *
 *   live-sessions · revocations          sealed-records       audit-checkpoints        attempts · locks
 *   who is in, and who must go           ciphertexts          heads of the log         counting and taking turns
 */
export type * from './applications.ts';
export type * from './artifacts.ts';
export type * from './attempts.ts';
export type * from './audit-checkpoints.ts';
export type * from './client-activity.ts';
export type * from './clients.ts';
export type * from './factors.ts';
export type * from './live-sessions.ts';
export type * from './locks.ts';
export type * from './people.ts';
export type * from './provisioning.ts';
export type * from './revocations.ts';
export * from './sealed-records.ts';
