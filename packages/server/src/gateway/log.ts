import type { Logger } from 'pino';
import type { Refusal } from '../core/index.ts';

/** The operator's face of a refusal: the code, the request id, and the cause that the caller never sees. */
export interface Log {
  refused(refusal: Refusal, context: { readonly request: string; readonly door: string }): void;
  problem(message: string, cause: unknown): void;
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
  return cause instanceof Error ? (cause.stack ?? cause.message) : String(cause);
}
