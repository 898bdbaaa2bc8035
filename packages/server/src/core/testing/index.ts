/**
 * testing: what the tests of many folders say in terms of the core.
 *
 * Owns: samples that are complete and harmless, of which a test names only what it is about, and what a refused promise
 * was refused with. Does not own: real servers (`tests/support`).
 *
 *   sampleRole ─▶ sampleDatabase
 */
export { refusalOf } from './refusal-of.ts';
export { sampleDatabase, sampleRole } from './sample-database.ts';
