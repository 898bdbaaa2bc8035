/**
 * bench/postgres: Grantway beside the direct connection and PgBouncer, all three in one run on one machine.
 *
 * Owns: the servers under test and how they are set up alike, one file per measurement, the report.
 * Does not own: pass or fail. A number is a fact with a machine; the ratios are what to compare.
 *
 *   pgbench ─┬─────────────────────────▶ PostgreSQL 18 (embedded)      direct
 *            ├─▶ PgBouncer, session ────▶    "                         the usual pooler
 *            └─▶ Grantway, audit on ────▶    "                         what we build
 *
 * Rounds are interleaved and the order of the three changes from round to round, so that a machine that gets slower
 * or faster touches all of them.
 */
export type { BenchOptions } from './bench-postgres.ts';
export { benchPostgres, measurements } from './bench-postgres.ts';
export { profilePostgres } from './profile-postgres.ts';
