/** An error of the database as the Data API tells it: one text. */
export interface DatabaseError {
  /** HY000 where the text says none. */
  readonly sqlstate: string;
  readonly text: string;
}

/** As drivers write it behind a message: `SQLState: 42P01`, `(SQLSTATE 42P01)`, `[SQLState=42P01]`. */
const named = /\bSQL ?STATE\b[\s:=]*([0-9A-Z]{5})\b/gi;
/** What a statement that failed cannot end with: success, a warning, no data, a lost connection, a server that stops. */
const impossible = /^(0[0128]|57P)/;

/**
 * Reads what the Data API gives as `Error`. Mostly that is `ERROR: ` and the message alone, and Amazon documents no more,
 * so that a SQLSTATE is taken where one is written and never guessed from the words. The last counts: before it may stand
 * whatever a statement has put into its own error.
 */
export function readErrorText(written: string): DatabaseError {
  const last = [...written.matchAll(named)].at(-1)?.[1]?.toUpperCase();
  return {
    sqlstate: last === undefined || impossible.test(last) ? 'HY000' : last,
    text: written.replace(/^ERROR:\s*/, ''),
  };
}
