import { z } from 'zod';
import { Refusal } from '../../core/index.ts';

/** How many rows a JSON answer has when the caller names no limit, and at most. Streams have no limit of their own. */
const defaultRows = 1000;
export const mostRows = 10_000;

/** A query as the caller wrote it, checked. `limit` is absent for a stream that wants everything. */
export interface QueryBody {
  readonly statement: string;
  readonly parameters: readonly (string | number | boolean | null)[];
  readonly role?: string;
  readonly limit?: number;
}

// PostgreSQL's text cannot hold NUL, and a lone surrogate has no UTF-8; both would fail or change on the way.
const text = z
  .string()
  .refine((value) => !value.includes('\0'), 'must not contain NUL')
  .refine((value) => value.isWellFormed(), 'must be well-formed Unicode');

const schema = z.strictObject({
  statement: text.min(1, 'must not be empty'),
  // The wire protocol counts parameters in 16 bits.
  parameters: z
    .array(z.union([text, z.number(), z.boolean(), z.null()]))
    .max(65_535)
    .default([]),
  role: text.max(128).optional(),
  limit: z.int().min(1).optional(),
});

/**
 * Checks a parsed body. A JSON answer is limited to {@link mostRows}; a larger limit is refused instead of lowered,
 * so that nobody takes a part for the whole. @throws Refusal `request_invalid`
 */
export function parseQueryBody(body: unknown, answer: 'json' | 'stream'): QueryBody {
  const parsed = schema.safeParse(body);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const where = issue === undefined || issue.path.length === 0 ? 'The body' : `"${issue.path.join('.')}"`;
    throw new Refusal('request_invalid', {
      what: `${where} is not right: ${issue?.message ?? 'not a query'}.`,
    });
  }
  const { statement, parameters, role, limit } = parsed.data;
  if (answer === 'json' && limit !== undefined && limit > mostRows) {
    throw new Refusal('request_invalid', {
      what: `"limit" is at most ${mostRows} for JSON. Ask for application/x-ndjson or text/csv to read more.`,
    });
  }
  const effective = limit ?? (answer === 'json' ? defaultRows : undefined);
  return {
    statement,
    parameters,
    ...(role === undefined ? {} : { role }),
    ...(effective === undefined ? {} : { limit: effective }),
  };
}

/**
 * Reads JSON without repairing it: bytes that are not UTF-8 are refused, not replaced. @throws Refusal `request_invalid`
 */
export function parseJson(bytes: Buffer): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (cause) {
    throw new Refusal('request_invalid', { what: 'The body is not JSON in UTF-8.' }, cause);
  }
}
