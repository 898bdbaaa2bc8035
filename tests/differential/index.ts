/**
 * tests/differential: the same conversation, once with the server itself and once through Grantway, must be answered
 * with the same messages. Built once for all engines.
 *
 * Owns: the cases (data), and what of an answer may differ. Does not own: servers and gateways (`tests/support`).
 *
 *   cases/*.ts ─▶ differentialSuite ─▶ transcribe ─┬─ direct ───────────────▶ server
 *   (name + steps)                    (two texts   └─ grantway ─▶ gateway ──▶ server
 *                                      compared)
 *
 * A new case is one entry in a file of `postgres/cases/`, `mysql/cases/` or `redis/cases/`.
 */
export type { DifferentialCase, Theme } from './case.ts';
export { differentialSuite } from './differential-suite.ts';
export { type DifferentialEngine, transcribe, type Way } from './transcribe.ts';
