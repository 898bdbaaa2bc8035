import { Refusal } from '../../../core/index.ts';
import type { MessageScanner } from '../../relaying/index.ts';
import { expecting } from '../asked.ts';
import type { Conversation } from '../conversation.ts';
import { commandBytes } from '../messages.ts';
import { parseError } from '../reply.ts';
import type { RedisUpstream } from '../upstream.ts';

/** How soon a place between two commands is looked for again. */
const lookAgainMs = 20;
/** How soon a failed renewal is tried again: doubled each time, up to the second. */
const firstRetryMs = 1_000;
const mostRetryMs = 60_000;
/** The longest that a timer of Node.js can be set for. */
const mostTimerMs = 0x7fff_ffff;

/** A live connection, and what its relay knows of it. */
export interface LiveConnection {
  readonly upstream: RedisUpstream;
  readonly conversation: Conversation;
  /** Of what goes to the server. */
  readonly scanner: Pick<MessageScanner, 'atBorder'>;
  /** Resolves when the relay is over. */
  readonly ended: Promise<unknown>;
  /** Ends the relay, and tells the client why. */
  stop(refusal: Refusal): void;
}

/**
 * Signs a live connection in again with a fresh password, whenever its present one is about to end: an AUTH between two
 * commands of the client, outside of a transaction, whose reply the client does not get. Until it succeeds the client
 * goes on under the old one; if none does before the end of that, the session ends too.
 */
export function keepSignedIn({ upstream, conversation, scanner, ended, stop }: LiveConnection): void {
  let over = false;
  let timer: NodeJS.Timeout | undefined;
  let endTimer: NodeJS.Timeout | undefined;
  let retryMs = firstRetryMs;
  void ended.then(() => {
    over = true;
    clearTimeout(timer);
    clearTimeout(endTimer);
  });

  function later(ms: number, what: () => void): void {
    if (!over) timer = setTimeout(what, bounded(ms)).unref();
  }

  function schedule(): void {
    const { renewal } = upstream;
    if (renewal === undefined) return;
    later(renewal.dueAt - Date.now(), () => (renewal.dueAt > Date.now() ? schedule() : void renew()));
    scheduleEnd();
  }

  function scheduleEnd(): void {
    clearTimeout(endTimer);
    const { renewal } = upstream;
    if (over || renewal === undefined) return;
    const end = () => {
      if (renewal.endsAt > Date.now()) scheduleEnd();
      else stop(new Refusal('upstream_login_ended'));
    };
    endTimer = setTimeout(end, bounded(renewal.endsAt - Date.now())).unref();
  }

  function failed(cause: unknown): void {
    upstream.renewal?.failed(cause);
    later(retryMs, () => void renew());
    retryMs = Math.min(retryMs * 2, mostRetryMs);
  }

  async function renew(): Promise<void> {
    try {
      const fresh = await upstream.renewal?.next();
      if (fresh !== undefined) signIn(fresh);
    } catch (thrown) {
      failed(thrown);
    }
  }

  function signIn(fresh: Awaited<ReturnType<NonNullable<RedisUpstream['renewal']>['next']>>): void {
    if (over || upstream.closed) return;
    const isBetween = scanner.atBorder && conversation.inTransaction === false && !conversation.isSubscriber;
    if (!isBetween) {
      later(lookAgainMs, () => signIn(fresh));
      return;
    }
    conversation.ask(expecting.own, {
      text: undefined,
      startedAt: 0,
      inPlace: undefined,
      subscription: undefined,
      take: (reply) => {
        const error = parseError(reply);
        if (error !== undefined) {
          failed(new Error(error));
          return;
        }
        retryMs = firstRetryMs;
        fresh.renewal.succeeded();
        upstream.renewed(fresh);
        schedule();
      },
    });
    upstream.wire.write(commandBytes('AUTH', upstream.login, fresh.password.reveal()));
  }

  schedule();
}

function bounded(ms: number): number {
  return Math.min(Math.max(ms, 0), mostTimerMs);
}
