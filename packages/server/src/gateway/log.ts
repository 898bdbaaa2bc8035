import type { Logger } from 'pino';
import { Refusal } from '../core/index.ts';

/** What the operator is told. */
export interface Log {
  /** A refusal with the cause that the caller never sees, under the request id that the caller was given. */
  refused(refusal: Refusal, context: { readonly request: string; readonly door: string }): void;
  /**
   * Something that somebody should look at; `cause` is what was thrown, if anything was. The same again within a minute is
   * only counted, and the number told with the next one.
   */
  problem(message: string, cause: unknown): void;
  /** Something that went as it should, and is rare enough to be told. */
  note(message: string, fields?: Readonly<Record<string, string | number>>): void;
}

/** What goes on failing, four times a second for some of it, is told as often as this. */
const repeatMs = 60_000;
/** Causes may differ by a port or an address each time; more of them than this are not kept apart. */
const mostKept = 1_000;

/** Writes to pino: refusals that only the caller can mend at `info`, ours and the upstream's at `error`. */
export function operatorLog(logger: Logger, now: () => number = () => performance.now()): Log {
  const told = new Map<string, { readonly at: number; leftOut: number }>();
  return {
    refused(refusal, context) {
      const level = refusal.native.http >= 500 ? 'error' : 'info';
      logger[level]({ ...context, code: refusal.code, cause: describe(refusal.cause) }, refusal.message);
    },
    problem(message, cause) {
      const description = describe(cause);
      const key = `${message}\n${description?.split('\n', 1)[0] ?? ''}`;
      const before = told.get(key);
      if (before !== undefined && now() - before.at < repeatMs) {
        before.leftOut += 1;
        return;
      }
      if (told.size >= mostKept) told.clear();
      told.set(key, { at: now(), leftOut: 0 });
      const leftOut = before?.leftOut ?? 0;
      logger.error({ cause: description, ...(leftOut > 0 && { leftOut }) }, message);
    },
    note: (message, fields) => logger.info(fields ?? {}, message),
  };
}

function describe(cause: unknown): string | undefined {
  if (cause === undefined) return undefined;
  // The sentence of a refusal is for callers, and says nothing of what is the matter.
  if (cause instanceof Refusal && cause.cause !== undefined) return describe(cause.cause);
  return cause instanceof Error ? (cause.stack ?? cause.message) : String(cause);
}
