import { brokenOff, GrantwayError } from './errors.ts';
import { type Gateway, processed } from './gateway.ts';

/** One statement for `POST /api/v1/databases/<name>/query`; one command where statements are lists of words (Redis). */
export type Query = (
  | {
      readonly statement: string;
      readonly parameters?: readonly (string | number | boolean | null)[];
    }
  | { readonly command: readonly (string | number)[] }
) & {
  readonly role?: string;
  readonly limit?: number;
};

/** The JSON answer. 64-bit and decimal numbers are strings, NULL is null. */
export interface QueryResult {
  readonly columns: readonly { readonly name: string; readonly type: string }[];
  readonly rows: readonly (readonly unknown[])[];
  /** Rows in this answer, or rows changed by a statement that returns none. */
  readonly rowCount: number;
  /** True when there was more than the limit allowed. */
  readonly truncated: boolean;
}

/**
 * Runs one statement and gives all of its (limited) rows.
 * @throws GrantwayError `refused` and `unavailable` with the server's code, `network`, `invalid_response`
 */
export async function query(
  gateway: Gateway,
  accessToken: string,
  database: string,
  body: Query,
): Promise<QueryResult> {
  const response = await send(gateway, accessToken, database, body, 'application/json');
  // The shape is the server's promise; it was found by exact issuer and origin.
  return (await processed(response.json(), toReadError)) as QueryResult;
}

/**
 * The same as a stream of text: `text/csv` or `application/x-ndjson`. A stream that breaks off, as a CSV does when its
 * statement fails on the way, rejects with `network` when it is read.
 * @throws GrantwayError as {@link query}
 */
export async function queryStream(
  gateway: Gateway,
  accessToken: string,
  database: string,
  body: Query,
  mediaType: 'text/csv' | 'application/x-ndjson',
): Promise<ReadableStream<Uint8Array>> {
  const response = await send(gateway, accessToken, database, body, mediaType);
  if (response.body === null) throw new GrantwayError('invalid_response', 'The server sent no rows.');
  return withReadErrors(response.body);
}

/** What reading the body of an answer throws, as ours. */
function toReadError(cause: unknown): GrantwayError {
  return cause instanceof SyntaxError
    ? new GrantwayError('invalid_response', 'The server sent something that is no JSON.', { cause })
    : brokenOff(cause);
}

function withReadErrors(body: ReadableStream<Uint8Array>): ReadableStream<Uint8Array> {
  const reader = body.getReader();
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      try {
        const { done, value } = await reader.read();
        if (done) controller.close();
        else controller.enqueue(value);
      } catch (thrown) {
        controller.error(toReadError(thrown));
      }
    },
    cancel: (reason) => reader.cancel(reason),
  });
}

async function send(
  gateway: Gateway,
  accessToken: string,
  database: string,
  body: Query,
  accept: string,
): Promise<Response> {
  // No time-out: a statement may take its time, and whoever waits can end it.
  const response = await processed(
    fetch(new URL(`/api/v1/databases/${encodeURIComponent(database)}/query`, gateway.issuer), {
      method: 'POST',
      headers: { authorization: `Bearer ${accessToken}`, 'content-type': 'application/json', accept },
      body: JSON.stringify(body),
      redirect: 'error',
    }),
  );
  if (!response.ok) throw await problemOf(response);
  return response;
}

/** Reads a problem document (RFC 9457) without trusting that it is one. */
async function problemOf(response: Response): Promise<GrantwayError> {
  let problem: unknown;
  try {
    problem = await response.json();
  } catch {
    problem = undefined;
  }
  const text = (name: string): string | undefined => {
    const value = problem !== null && typeof problem === 'object' ? Reflect.get(problem, name) : undefined;
    return typeof value === 'string' ? value : undefined;
  };
  const message = text('detail') ?? text('title') ?? `The server refused the request (${response.status}).`;
  const code = response.status === 429 || response.status >= 500 ? 'unavailable' : 'refused';
  return new GrantwayError(code, message, { reason: text('code') ?? String(response.status) });
}
