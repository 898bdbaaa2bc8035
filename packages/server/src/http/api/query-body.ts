import { z } from 'zod';
import { Refusal } from '../../core/index.ts';

/** How many rows a JSON answer has when the caller names no limit, and at most. Streams have no limit of their own. */
const defaultRows = 1000;
/** The most rows that one answer holds; a stream may have more. */
export const mostRows = 10_000;

/** A query as the caller wrote it, checked. `limit` is absent for a stream that wants everything. */
export type QueryBody = (StatementBody | CommandBody) & {
  readonly role?: string;
  readonly limit?: number;
};

interface StatementBody {
  readonly kind: 'statement';
  readonly statement: string;
  readonly parameters: readonly (string | number | boolean | null)[];
}

interface CommandBody {
  readonly kind: 'command';
  readonly command: readonly [name: string, ...words: string[]];
}

// A lone surrogate has no UTF-8; it would change on the way.
const wellFormed = z
  .string('must be text')
  .refine((value) => value.isWellFormed(), 'must be well-formed Unicode');
// PostgreSQL's text cannot hold NUL, and MySQL's literals end at it.
const text = wellFormed.refine((value) => !value.includes('\0'), 'must not contain NUL');

// What a union says of an input that fits none of its kinds; a text that has a fault of its own keeps its own words.
const parameterMistake = 'must be text, a number, true, false or null; write lists and documents as text';

const answer = {
  role: text.max(128).optional(),
  limit: z.int('must be a whole number').min(1, 'must be at least 1').optional(),
};

const statementSchema = z
  .strictObject({
    statement: text.min(1, 'must not be empty'),
    // The wire protocol counts parameters in 16 bits.
    parameters: z
      .array(z.union([text, z.number(), z.boolean(), z.null()], parameterMistake), 'must be a list')
      .max(65_535)
      .default([]),
    ...answer,
  })
  .transform((body) => ({ kind: 'statement' as const, ...body }));

/** Numbers are written as they stand, so that `["EXPIRE", "k", 60]` is what it looks like. */
const word = z.union([wellFormed, z.number().transform(String)], 'must be text or a number');

const commandSchema = z
  .strictObject({
    command: z.tuple([wellFormed.min(1, 'must name a command')], word, 'must be a list of words'),
    ...answer,
  })
  .transform((body) => ({ kind: 'command' as const, ...body }));

/**
 * Checks a parsed body: `{ "statement" }`, or `{ "command" }` for an engine whose statements are lists of words. A JSON
 * answer is limited to {@link mostRows}; a larger limit is refused instead of lowered, so that nobody takes a part for
 * the whole. @throws Refusal `request_invalid`
 */
export function parseQueryBody(body: unknown, form: 'json' | 'stream'): QueryBody {
  const isCommand = typeof body === 'object' && body !== null && 'command' in body;
  const parsed = (isCommand ? commandSchema : statementSchema).safeParse(body);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const where = issue === undefined || issue.path.length === 0 ? 'The body' : `"${issue.path.join('.')}"`;
    throw new Refusal('request_invalid', {
      what: `${where} is not right: ${issue?.message ?? 'not a query'}.`,
    });
  }
  const { role, limit, ...query } = parsed.data;
  if (form === 'json' && limit !== undefined && limit > mostRows) {
    throw new Refusal('request_invalid', {
      what: `"limit" is at most ${mostRows} for JSON. Ask for application/x-ndjson or text/csv to read more.`,
    });
  }
  const effective = limit ?? (form === 'json' ? defaultRows : undefined);
  return {
    ...query,
    ...(role === undefined ? {} : { role }),
    ...(effective === undefined ? {} : { limit: effective }),
  };
}
