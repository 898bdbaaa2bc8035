import { Readable } from 'node:stream';
import type { Refusal } from '../../core/index.ts';
import type { QueryResult, QueryValue } from '../../engines/index.ts';
import { countOf } from './count-of.ts';
import { csvRow, jsonColumns, jsonRow } from './encode-rows.ts';

/** About how much text goes out in one chunk; rows are often far smaller than a packet. */
const chunkBytes = 16 * 1024;

/**
 * NDJSON: a line with the columns, a line for each row, and a last line `{"rowCount", "truncated"}`, or `{"error"}`
 * when the statement failed after rows had left; `refusalOf` tells why. An answer without its last line is incomplete.
 */
export function ndjsonAnswer(
  result: QueryResult,
  limit: number | undefined,
  refusalOf: (thrown: unknown) => Refusal,
): Readable {
  async function* lines(): AsyncGenerator<string> {
    yield `${jsonColumns(result.columns)}\n`;
    const counted = countedRows(result, limit);
    try {
      for await (const row of counted.rows) yield `${jsonRow(row)}\n`;
      yield `${JSON.stringify(counted.summary())}\n`;
    } catch (thrown) {
      const refusal = refusalOf(thrown);
      yield `${JSON.stringify({ error: { code: refusal.code, detail: refusal.message } })}\n`;
    }
  }
  return chunked(lines(), result);
}

/** CSV with a header line. It has no place for an error: a statement that fails on the way cuts the connection. */
export function csvAnswer(result: QueryResult, limit: number | undefined): Readable {
  async function* lines(): AsyncGenerator<string> {
    yield csvRow(result.columns.map(({ name }) => name));
    for await (const row of countedRows(result, limit).rows) yield csvRow(row);
  }
  return chunked(lines(), result);
}

function countedRows(result: QueryResult, limit: number | undefined) {
  let count = 0;
  let truncated = false;
  async function* rows(): AsyncGenerator<readonly QueryValue[]> {
    for await (const row of result.rows) {
      if (count === limit) {
        truncated = true;
        return;
      }
      count += 1;
      yield row;
    }
  }
  return {
    rows: rows(),
    summary: () => ({ rowCount: countOf(result, count), truncated }),
  };
}

/** Joins lines into chunks. Rows are asked for as the socket takes them; the statement is ended whichever way it stops. */
function chunked(lines: AsyncIterable<string>, result: QueryResult): Readable {
  async function* chunks(): AsyncGenerator<Buffer> {
    let pending = '';
    try {
      for await (const line of lines) {
        pending += line;
        if (pending.length < chunkBytes) continue;
        yield Buffer.from(pending);
        pending = '';
      }
      if (pending !== '') yield Buffer.from(pending);
    } finally {
      await result.close();
    }
  }
  return Readable.from(chunks(), { objectMode: false, highWaterMark: chunkBytes });
}
