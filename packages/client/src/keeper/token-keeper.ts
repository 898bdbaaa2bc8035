import { GrantwayError } from '../errors.ts';
import type { Gateway } from '../gateway.ts';
import { type RefreshLimits, refresh } from '../refresh.ts';
import { isPassing } from '../retries.ts';
import type { Connection } from '../tokens.ts';
import type { ConsentRecords } from './consent-records.ts';
import { isExpired, marginMs } from './freshness.ts';
import { type Holder, type KeptConsent, toKept } from './kept-consent.ts';

/** What there is for a holder. */
export type TokenOutcome =
  | {
      readonly outcome: 'fresh';
      readonly accessToken: string;
      /** Wall-clock milliseconds. */
      readonly expiresAt: number;
      readonly connection: Connection;
      readonly name: string;
    }
  /** The consent has ended: only the person can give another. */
  | { readonly outcome: 'needs-reconnect' }
  /** Never connected, or disconnected. */
  | { readonly outcome: 'not-connected' };

/**
 * Together shorter than the 30 s for which the gateway gives a retry the same successor: when a process dies between
 * the gateway's answer and its own note of it, the next one still gets that answer.
 */
const leaseMs = 20_000;
const limits: RefreshLimits = { attemptMs: 4_000, retryForMs: 12_000 };
/** How long to wait for another process: two leases, one of which may belong to a process that died. */
const patienceMs = 2 * leaseMs;
const longestPollMs = 250;

interface TokenKeeperOptions {
  readonly records: ConsentRecords;
  gateway(): Promise<Gateway>;
  /** A consent has ended; told by the one process that found out. */
  onNeedsReconnect(holder: Holder): void;
}

/** Gives tokens and renews them. */
export interface TokenKeeper {
  /**
   * A token that lives long enough to be used. `rejected` is one that a server has just refused: it is not given again.
   * @throws GrantwayError `network` and `unavailable` when it cannot be renewed now and the old one is over, `busy`
   */
  token(holder: Holder, rejected?: string): Promise<TokenOutcome>;
}

/** Makes a keeper. One for a process is enough; several on one storage take turns. */
export function createTokenKeeper({ records, gateway, onNeedsReconnect }: TokenKeeperOptions): TokenKeeper {
  const share = Math.random();
  const inFlight = new Map<string, Promise<TokenOutcome>>();

  const isFresh = (kept: KeptConsent, rejected: string | undefined): boolean =>
    kept.accessToken !== rejected && kept.expiresAt - marginMs(kept, share) > Date.now();

  async function token(holder: Holder, rejected?: string): Promise<TokenOutcome> {
    const kept = await records.read(holder);
    if (kept === undefined) return { outcome: 'not-connected' };
    if (kept.state === 'ended') return { outcome: 'needs-reconnect' };
    if (isFresh(kept, rejected)) return given(kept);
    const key = JSON.stringify([holder.subject, holder.database, rejected]);
    const running = inFlight.get(key);
    if (running !== undefined) return running;
    const started = renew(holder, rejected).finally(() => inFlight.delete(key));
    inFlight.set(key, started);
    return started;
  }

  /** Takes turns with the other processes until somebody has renewed. */
  async function renew(holder: Holder, rejected: string | undefined): Promise<TokenOutcome> {
    const giveUpAt = performance.now() + patienceMs;
    for (;;) {
      const owner = crypto.randomUUID();
      const turn = await records.lock(holder, owner, leaseMs);
      if (turn.outcome === 'absent') return { outcome: 'not-connected' };
      if (turn.outcome === 'locked') {
        const outcome = await renewInTurn(holder, owner, turn.kept, rejected);
        if (outcome !== 'lost') return outcome;
      } else {
        const kept = await records.read(holder);
        if (kept !== undefined && kept.state === 'live' && isFresh(kept, rejected)) return given(kept);
      }
      if (performance.now() > giveUpAt) {
        throw new GrantwayError('busy', 'Another process has been renewing this token for too long.');
      }
      await new Promise((resolve) => setTimeout(resolve, longestPollMs * (0.1 + 0.9 * Math.random())));
    }
  }

  async function renewInTurn(
    holder: Holder,
    owner: string,
    kept: KeptConsent,
    rejected: string | undefined,
  ): Promise<TokenOutcome | 'lost'> {
    let refreshed: Awaited<ReturnType<typeof refresh>>;
    try {
      if (kept.state === 'ended' || isFresh(kept, rejected)) {
        await records.unlock(holder, owner);
        return kept.state === 'ended' ? { outcome: 'needs-reconnect' } : given(kept);
      }
      refreshed =
        kept.refreshToken === undefined
          ? { outcome: 'invalid_grant' }
          : await refresh(await gateway(), kept.refreshToken, holder.database, limits);
    } catch (thrown) {
      await records.unlock(holder, owner);
      // The gateway is away: the token of before is good to its last second.
      if (kept.accessToken !== rejected && !isExpired(kept) && isPassing(thrown)) return given(kept);
      throw thrown;
    }
    if (refreshed.outcome === 'refreshed') {
      const next = toKept(refreshed.tokens, kept, Date.now());
      // Noted before it is used: the old refresh token is spent, and this one must not be lost with this process.
      return (await records.replace(holder, owner, next)) === 'replaced' ? given(next) : 'lost';
    }
    // Whoever took over meanwhile may have got the successor; the fence tells, and then there is more to read.
    if ((await records.replace(holder, owner, { ...kept, state: 'ended' })) === 'lost') return 'lost';
    onNeedsReconnect(holder);
    return { outcome: 'needs-reconnect' };
  }

  return { token };
}

function given(kept: KeptConsent): TokenOutcome {
  const { accessToken, expiresAt, connection, name } = kept;
  return { outcome: 'fresh', accessToken, expiresAt, connection, name };
}
