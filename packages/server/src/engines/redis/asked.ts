import type { FinishedStatement } from '../engine.ts';

/** What kind of answer a command gets. Numbers, since {@link ExpectedReplies} keeps them apart from the rest; never 0. */
export const expecting = {
  /** One answer. */
  reply: 1,
  /** One, after which commands are queued if it is no error. */
  multi: 2,
  /** One, with what the queued commands answered. */
  exec: 3,
  discard: 4,
  /** One for each channel or pattern; in RESP3 as pushes. */
  subscription: 5,
  /** One, which we asked for ourselves: the client does not get it. */
  own: 6,
} as const;

/** A command that was forwarded and not answered yet. */
export interface Asked {
  /** What the audit is told; absent for our own. */
  readonly text: RecordedText | undefined;
  /** `performance.now()` when it came. */
  readonly startedAt: number;
  /** Goes to the client in the place of the server's error. */
  readonly inPlace: Buffer | undefined;
  readonly subscription: Subscription | undefined;
  /** Gets the whole answer to our own command. */
  readonly take: ((reply: Buffer) => void) | undefined;
}

/** Read when the record is made: a long command is not known whole when its first bytes are forwarded. */
export interface RecordedText {
  toString(): string;
  readonly parameters: readonly string[] | undefined;
}

/** (P|S)(UN)SUBSCRIBE: its word, and how many confirmations are missing; `all` until the first one shows how many. */
export interface Subscription {
  readonly word: string;
  missing: number | 'all';
}

/** How a command ended, as far as its answer says. */
export interface Outcome {
  readonly outcome: FinishedStatement['outcome'];
  /** Elements or pairs of an answer that has such. */
  readonly rows?: number;
  /** First word of the error. */
  readonly errorCode?: string;
}

/** The record of a command whose answer came at `endedAt` (`performance.now()`). Absent for our own. */
export function finishedCommand(
  { text, startedAt }: Asked,
  end: Outcome,
  endedAt: number,
): FinishedStatement | undefined {
  if (text === undefined) return undefined;
  const { parameters } = text;
  const { outcome, rows, errorCode } = end;
  const statement = { text: text.toString(), durationMs: endedAt - startedAt, outcome };
  // Most have none of these, and what is spread costs more than all else here.
  if (parameters === undefined && rows === undefined && errorCode === undefined) return statement;
  return { ...statement, ...end, ...(parameters === undefined ? {} : { parameters }) };
}
