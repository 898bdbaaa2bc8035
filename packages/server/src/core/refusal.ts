import { hideSecrets } from './hide-secrets.ts';
import { type NativeErrors, refusals } from './refusals/index.ts';

/** A stable code of the table; programs may branch on it. */
export type RefusalCode = keyof typeof refusals;

type Placeholders<S extends string> = S extends `${string}{${infer Name}}${infer Rest}`
  ? Name | Placeholders<Rest>
  : never;

/** The details that a code's sentence needs; `{}` when it needs none. */
export type RefusalDetails<C extends RefusalCode> = {
  readonly [Name in Placeholders<(typeof refusals)[C]['sentence']>]: string | number;
};

/** The rest parameters of {@link Refusal}: details are required exactly when the sentence has placeholders. */
type RefusalArguments<C extends RefusalCode> = [Placeholders<(typeof refusals)[C]['sentence']>] extends [
  never,
]
  ? [details?: Record<string, never>, cause?: unknown]
  : [details: RefusalDetails<C>, cause?: unknown];

/**
 * A request or a session ends here, and the caller is told why. `message` is the caller's face;
 * `cause` is the operator's and goes to the log under the request id, never over the wire.
 */
export class Refusal<C extends RefusalCode = RefusalCode> extends Error {
  override readonly name = 'Refusal';
  readonly code: C;
  readonly details: Readonly<Record<string, string | number>>;

  constructor(code: C, ...[details, cause]: RefusalArguments<C>) {
    const given: Readonly<Record<string, string | number>> = details ?? {};
    super(
      refusals[code].sentence.replace(/\{(\w+)\}/g, (_, name: string) =>
        hideSecrets(String(given[name] ?? '?')),
      ),
      cause === undefined ? undefined : { cause },
    );
    this.code = code;
    this.details = given;
  }

  /** How each door says this. */
  get native(): NativeErrors {
    return refusals[this.code].native;
  }
}

/**
 * The only place that decides what leaves the process: a {@link Refusal} as it is, anything else as `internal`
 * with the thrown value kept as the cause for the log.
 */
export function toRefusal(thrown: unknown, requestId: string): Refusal {
  return thrown instanceof Refusal ? thrown : new Refusal('internal', { request: requestId }, thrown);
}
