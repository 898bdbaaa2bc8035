import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import type { QueryResult, QueryValue } from '../../packages/server/src/engines/index.ts';

/** A connection to a server, for a query driver to sign in over. */
export async function connected(server: { readonly host: string; readonly port: number }): Promise<Socket> {
  const socket = connect({ ...server, noDelay: true });
  await once(socket, 'connect');
  return socket;
}

/** All that a statement answered, and it is closed. */
export async function wholeAnswer(result: QueryResult) {
  const rows: (readonly QueryValue[])[] = [];
  for await (const row of result.rows) rows.push(row);
  await result.close();
  return { columns: result.columns, rows, rowsAffected: result.rowsAffected() };
}

/** How many rows there are in an answer that nobody wants to keep. */
export async function countedRows({ rows }: QueryResult): Promise<number> {
  let count = 0;
  for await (const _row of rows) count += 1;
  return count;
}
