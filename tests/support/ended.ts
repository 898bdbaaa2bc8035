import type pg from 'pg';

/** How a connection was ended from the other side. */
export interface ConnectionEnd {
  readonly afterMs: number;
  /** SQLSTATE of the last error message before the end, when there was one. */
  readonly code: string | undefined;
  readonly message: string;
}

/** Watches a connected client from now until it is cut off. Never rejects. */
export function endOf(client: pg.Client): Promise<ConnectionEnd> {
  const since = performance.now();
  return new Promise((resolve) => {
    let last: { readonly code?: string; readonly message: string } = { message: '' };
    client.on('error', (cause: Error & { code?: string }) => {
      if (last.code === undefined) last = cause;
    });
    client.once('end', () => {
      resolve({ afterMs: performance.now() - since, code: last.code, message: last.message });
    });
  });
}
