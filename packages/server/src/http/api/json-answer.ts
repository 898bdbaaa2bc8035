import type { QueryResult } from '../../engines/index.ts';
import { countOf } from './count-of.ts';
import { jsonRow } from './encode-rows.ts';

/** The most text of rows that a JSON answer collects; past it the answer is `truncated`. Streams hold no rows at all. */
const mostBytes = 8 * 1024 * 1024;

/**
 * Collects up to `limit` rows into one JSON document. It is complete before the first byte leaves, so that an error
 * in row 900 is still an error status and not half an answer.
 */
export async function jsonAnswer(result: QueryResult, limit: number): Promise<string> {
  const rows: string[] = [];
  let bytes = 0;
  let truncated = false;
  for await (const row of result.rows) {
    const encoded = jsonRow(row);
    bytes += Buffer.byteLength(encoded);
    if (rows.length === limit || bytes > mostBytes) {
      truncated = true;
      break;
    }
    rows.push(encoded);
  }
  const rowCount = countOf(result, rows.length);
  return `{"columns":${JSON.stringify(result.columns)},"rows":[${rows.join(',')}],"rowCount":${rowCount},"truncated":${truncated}}`;
}
