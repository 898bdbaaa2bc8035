import type { RawCall } from '../../support/postgres-messages.ts';
import type { Checked } from '../talking-session.ts';
import { Violation } from '../violation.ts';
import type { Reply } from './reply.ts';

/** Messages that are answered by one ReadyForQuery, and what that answer must be. */
export interface Exchange extends Checked<Reply> {
  readonly calls: readonly RawCall[];
}

/** What a reply must be; what is left out must not be there. */
export interface Expected {
  /** Type letters without the ReadyForQuery. */
  readonly types: string;
  readonly rows?: readonly (readonly (Buffer | string | null)[])[];
  readonly tags?: readonly string[];
  readonly codes?: readonly string[];
  readonly texts?: readonly string[];
  readonly notifications?: readonly string[];
  readonly copied?: string;
  /** Transaction status; idle unless said. */
  readonly status?: string;
}

/** An exchange with a known answer. */
export function exchange(calls: readonly RawCall[], expected: Expected): Exchange {
  return { calls, check: (reply) => expectReply(reply, expected) };
}

/** @throws Violation */
export function expectReply(reply: Reply, expected: Expected): void {
  const { rows = [], tags = [], codes = [], texts, notifications = [], copied = '', status = 'I' } = expected;
  const same =
    reply.types === `${expected.types}Z` &&
    sameRows(reply.rows, rows) &&
    sameTexts(reply.tags, tags) &&
    sameTexts(reply.codes, codes) &&
    (texts === undefined || sameTexts(reply.texts, texts)) &&
    sameTexts(reply.notifications, notifications) &&
    reply.copied === copied &&
    reply.status === status;
  if (!same) throw new Violation(`got ${shown(reply)}, not ${shown({ ...expected, status })}`);
}

function sameRows(
  given: readonly (readonly (Buffer | null)[])[],
  wanted: readonly (readonly (Buffer | string | null)[])[],
): boolean {
  return (
    given.length === wanted.length &&
    given.every((row, index) => {
      const other = wanted[index] ?? [];
      return row.length === other.length && row.every((value, column) => sameValue(value, other[column]));
    })
  );
}

function sameValue(given: Buffer | null, wanted: Buffer | string | null | undefined): boolean {
  if (given === null || wanted === null || wanted === undefined) return given === wanted;
  return typeof wanted === 'string' ? given.toString() === wanted : given.equals(wanted);
}

function sameTexts(given: readonly string[], wanted: readonly string[]): boolean {
  return given.length === wanted.length && given.every((text, index) => text === wanted[index]);
}

function shown(of: object): string {
  return JSON.stringify(of, (_, value) =>
    value?.type === 'Buffer' ? Buffer.from(value.data).toString('latin1') : value,
  ).slice(0, 2_000);
}
