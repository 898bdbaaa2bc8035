/**
 * sql-secrets: takes passwords and keys out of the text of statements, for the records.
 *
 * Owns: how the SQL of the engines is cut into tokens ({@link SqlDialect}), and which strings in it are secrets. Does not
 * own: what is forwarded to a server (that is always as it was sent), values that are bound to a statement, and what
 * applications write into tables of their own.
 *
 *   text ─▶ may it hold a secret? ─┬─ no (nearly every statement) ─▶ the text
 *                                  └─ yes ─▶ tokens ─▶ strings behind PASSWORD, IDENTIFIED BY … ─▶ '[secret]'
 */

export type { SqlDialect } from './sql-tokens.ts';
export { sqlWithoutSecrets } from './sql-without-secrets.ts';
