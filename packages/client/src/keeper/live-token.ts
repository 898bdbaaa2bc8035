import { GrantwayError } from '../errors.ts';
import { marginMs } from './freshness.ts';
import type { Holder } from './kept-consent.ts';
import type { TokenOutcome } from './token-keeper.ts';

/** Who wants to hear of every new token. */
export interface LiveTokenListener {
  onToken(accessToken: string): void;
  /** There will be no other; the live token has stopped. */
  onEnd?(reason: GrantwayError): void;
}

/** A token that renews itself, for drivers that ask for none. Its timer keeps no process alive. */
export interface LiveToken {
  readonly current: string;
  stop(): void;
}

/** After a renewal that failed for now, in milliseconds. */
const retryMs = 1_000;
/** Timers count in 31 bits. */
const longestTimerMs = 2 ** 31 - 1;

/** Gets a token and follows it. @throws GrantwayError `needs_reconnect` and what renewing throws */
export async function followToken(
  token: (holder: Holder) => Promise<TokenOutcome>,
  holder: Holder,
  listener: LiveTokenListener,
): Promise<LiveToken> {
  let { accessToken, expiresAt } = freshOrThrow(await token(holder));
  let timer: ReturnType<typeof setTimeout> | undefined;
  let stopped = false;

  const wait = (ms: number): void => {
    if (stopped) return;
    timer = setTimeout(() => void renew(), Math.min(Math.max(ms, 10), longestTimerMs));
    if (typeof timer === 'object') timer.unref();
  };
  const stop = (): void => {
    stopped = true;
    clearTimeout(timer);
  };
  const schedule = (): void => {
    const now = Date.now();
    // The earliest moment at which any keeper finds it due; a keeper that does not gives the same token once more.
    const due = expiresAt - marginMs({ issuedAt: now, expiresAt }, 1) - now;
    wait(due);
  };
  async function renew(): Promise<void> {
    try {
      const next = freshOrThrow(await token(holder));
      if (stopped) return;
      const isNew = next.accessToken !== accessToken;
      ({ accessToken, expiresAt } = next);
      if (isNew) listener.onToken(accessToken);
      schedule();
    } catch (thrown) {
      if (thrown instanceof GrantwayError && thrown.code === 'needs_reconnect') {
        stop();
        listener.onEnd?.(thrown);
      } else {
        wait(retryMs);
      }
    }
  }

  schedule();
  return {
    get current() {
      return accessToken;
    },
    stop,
  };
}

/** A token, or the error that says who can help. @throws GrantwayError `needs_reconnect` */
export function freshOrThrow(outcome: TokenOutcome): TokenOutcome & { readonly outcome: 'fresh' } {
  if (outcome.outcome === 'fresh') return outcome;
  throw new GrantwayError('needs_reconnect', 'The person has to connect this database again.');
}
