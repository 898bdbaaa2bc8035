import type { FinishedStatement } from '../engine.ts';
import type { StatementText } from '../relaying/index.ts';
import { errno } from './protocol.ts';

/** A text that the server knows by a number, or will once it has answered. */
export interface Prepared {
  readonly text: StatementText;
  /** Undefined until the server has told. */
  parameterCount: number | undefined;
  /** As bound the last time; a client repeats them only when they change. */
  types: readonly number[] | undefined;
  /** Bytes of parameters that were sent ahead of the execution, by their index. */
  readonly longData: Map<number, number>;
}

/** One run of a text or of a prepared statement, or a portion of a cursor. */
export interface Running {
  readonly text: StatementText;
  readonly parameters: readonly (string | null)[] | undefined;
  readonly startedAt: number;
  rows: number | undefined;
}

/** What stands behind a command that the server still has to answer. */
export interface Asked {
  /** Absent for a command that is no statement, like COM_PING. A COM_STMT_PREPARE is recorded only when it fails. */
  readonly running: Running | undefined;
  /** What a COM_STMT_PREPARE prepares. */
  readonly prepared: Prepared | undefined;
  /** The client asks for a cursor, whose rows it fetches by commands of their own. */
  readonly opensCursor: boolean;
  /** The sequence id of the first packet of the answer: one more than that of the last packet of the command. */
  replySequence: number;
}

/** The record of a run that ended now; without an end that the server told, `unfinished`. */
export function finishedStatement(
  of: Running,
  now: number,
  end: { readonly answered: boolean; readonly errno: number },
): FinishedStatement {
  const failed = end.errno === errno.queryInterrupted ? 'cancelled' : 'failed';
  const outcome = end.errno !== 0 ? failed : end.answered ? 'succeeded' : 'unfinished';
  // Filled in one by one: spreading objects into each other would be the dearest part of a short statement.
  const record: Writable<FinishedStatement> = {
    text: of.text.text,
    durationMs: now - of.startedAt,
    outcome,
  };
  if (of.rows !== undefined) record.rows = of.rows;
  if (of.parameters !== undefined) record.parameters = of.parameters;
  if (end.errno !== 0) record.errorCode = String(end.errno);
  const { whole } = of.text;
  return whole === undefined ? record : { ...record, ...whole };
}

type Writable<T> = { -readonly [Key in keyof T]: T[Key] };
