/**
 * testing: a workspace on a data directory of its own, and what tests look at behind it.
 *
 * Owns: {@link operatorBed}. Does not own: a gateway beside it (`tests/e2e`).
 *
 *   operatorBed ─▶ before each test: config, master key, openWorkspace ─▶ after it: closed and removed
 */
export { ada, type OperatorBed, operatorBed } from './operator-bed.ts';
