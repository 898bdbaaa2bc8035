/** Exit codes of every command. */
export const exitCodes = {
  /** Done. */
  ok: 0,
  /** Refused, or it did not work. */
  failed: 1,
  /** The command line itself is wrong. */
  usage: 2,
} as const;

/** A command that cannot do what was asked: one sentence for the person, and exit code 1. */
export class Failure extends Error {
  override readonly name = 'Failure';
}
