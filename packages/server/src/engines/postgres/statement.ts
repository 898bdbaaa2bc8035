import type { FinishedStatement } from '../engine.ts';
import type { RecentNames, StatementText } from '../relaying/index.ts';

/** A text that was given to the server under a name (the empty name is the unnamed statement). */
export interface Prepared {
  readonly kind: 'prepared';
  readonly text: StatementText;
  /** Type of each parameter as the client gave it, or as the server described it; 0 is unknown. */
  types: readonly number[];
  /** What had the name before. It still has it if the server refuses this one. */
  replaced: Prepared | undefined;
  refused: boolean;
}

/** A Close that waits for its answer; until then the name means what it meant. */
export interface Closing {
  readonly kind: 'closing';
  readonly name: string;
  readonly from: RecentNames<Prepared> | RecentNames<Running>;
  readonly closed: Prepared | Running;
}

/** What stands behind a message that the server still has to answer. */
export type Asked = Running | Prepared | Closing | undefined;

/** One execution: of a simple query, of a bound statement, or of a function call. */
export interface Running {
  readonly kind: 'running';
  /** The prepared statement that was bound; absent when `text` is the statement itself. */
  readonly prepared: Prepared | undefined;
  readonly text: StatementText;
  readonly parameters: readonly (string | null)[] | undefined;
  /** `performance.now()` when it was forwarded; 0 before. */
  startedAt: number;
  rows: number | undefined;
  errorCode: string | undefined;
  /** Its record has been made. */
  recorded: boolean;
  /** The portal that had the name before. It still has it if the server refuses this one. */
  replaced: Running | undefined;
  refused: boolean;
}

/** Something to run that nobody has forwarded yet. */
export function running(
  text: StatementText,
  parameters?: readonly (string | null)[],
  prepared?: Prepared,
): Running {
  return {
    kind: 'running',
    prepared,
    text,
    parameters,
    startedAt: 0,
    rows: undefined,
    errorCode: undefined,
    recorded: false,
    replaced: undefined,
    refused: false,
  };
}

/**
 * What really has a name: what the server refused does not, and what had the name before has kept it. Resolved when
 * the server has answered, because a client may use a name before it knows whether the server took it.
 */
export function inForce<T extends { readonly replaced: T | undefined; readonly refused: boolean }>(
  given: T,
): T {
  let actual = given;
  while (actual.refused && actual.replaced !== undefined) actual = actual.replaced;
  return actual;
}

/** SQLSTATE query_canceled. */
const canceled = '57014';

/**
 * The record of an execution that ended now: as what the server ran when it answered, otherwise as what the client
 * meant, and `unfinished`.
 */
export function finishedStatement(
  of: Running,
  now: number,
  answer: 'answered' | 'unanswered',
): FinishedStatement {
  const answered = answer === 'answered';
  const portal = answered ? inForce(of) : of;
  const text = answered && portal.prepared !== undefined ? inForce(portal.prepared).text : portal.text;
  const { errorCode } = of;
  const failed = errorCode === canceled ? 'cancelled' : 'failed';
  // Filled in one by one: spreading objects into each other would be the dearest part of a short statement.
  const record: Writable<FinishedStatement> = {
    text: text.text,
    durationMs: of.startedAt === 0 ? 0 : now - of.startedAt,
    outcome: errorCode !== undefined ? failed : answered ? 'succeeded' : 'unfinished',
  };
  if (portal.parameters !== undefined) record.parameters = portal.parameters;
  if (of.rows !== undefined) record.rows = of.rows;
  if (errorCode !== undefined) record.errorCode = errorCode;
  const { whole } = text;
  return whole === undefined ? record : { ...record, ...whole };
}

type Writable<T> = { -readonly [Key in keyof T]: T[Key] };
