/**
 * testing: nouns of the core as a test needs them that cares about something else.
 *
 * Owns: samples that are complete and harmless, of which a test names only what it is about. Does not own: real
 * servers behind them (`tests/support`).
 *
 *   sampleRole ─▶ sampleDatabase
 */
export { sampleDatabase, sampleRole } from './sample-database.ts';
