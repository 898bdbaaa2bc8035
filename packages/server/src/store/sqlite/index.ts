/**
 * sqlite: the embedded body of the store, one file on this machine.
 *
 * Owns: opening the file safely, and the few lines between Kysely and `node:sqlite`.
 * Does not own: queries and tables, which both bodies share.
 *
 *   openSqlite ─▶ Kysely ─▶ NodeSqliteDialect ─▶ node:sqlite
 */
export { openSqlite } from './open-sqlite.ts';
