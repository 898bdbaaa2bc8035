import type { QueryResult } from '../../engines/index.ts';

/**
 * `rowCount` of an answer: the rows in it, or, where the statement has none to give, the rows that it changed. A row may
 * have no columns (`SELECT FROM users`), and is one all the same.
 */
export function countOf(result: QueryResult, rows: number): number {
  return rows === 0 && result.columns.length === 0 ? (result.rowsAffected() ?? 0) : rows;
}
