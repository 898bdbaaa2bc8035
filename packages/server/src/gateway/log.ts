import type { Logger } from 'pino';
import { Refusal } from '../core/index.ts';

/** What the operator is told. */
export interface Log {
  /** A refusal with the cause that the caller never sees, under the request id that the caller was given. */
  refused(refusal: Refusal, context: { readonly request: string; readonly door: string }): void;
  /** Something that somebody should look at; `cause` is what was thrown, if anything was. */
  problem(message: string, cause: unknown): void;
  /** Something that went as it should, and is rare enough to be told. */
  note(message: string, fields?: Readonly<Record<string, string | number>>): void;
}

/** Writes to pino: refusals that only the caller can mend at `info`, ours and the upstream's at `error`. */
export function operatorLog(logger: Logger): Log {
  return {
    refused(refusal, context) {
      const level = refusal.native.http >= 500 ? 'error' : 'info';
      logger[level]({ ...context, code: refusal.code, cause: describe(refusal.cause) }, refusal.message);
    },
    problem: (message, cause) => logger.error({ cause: describe(cause) }, message),
    note: (message, fields) => logger.info(fields ?? {}, message),
  };
}

function describe(cause: unknown): string | undefined {
  if (cause === undefined) return undefined;
  // The sentence of a refusal is for callers, and says nothing of what is the matter.
  if (cause instanceof Refusal && cause.cause !== undefined) return describe(cause.cause);
  return cause instanceof Error ? (cause.stack ?? cause.message) : String(cause);
}
