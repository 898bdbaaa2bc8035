import { type Clock, hashSecret, type Permit, principalId } from '../core/index.ts';
import type { PeerOutcome } from '../engines/index.ts';
import type { LiveSession, Store } from '../store/index.ts';
import type { Log } from './log.ts';

/** Requests to cancel that are looked up at once. Nobody signs in for one, so more of them are dropped. */
const mostLookups = 8;

const notPassedOn = 'a request to cancel could not be passed on';

/**
 * The sessions that other gateways on the same store have. A client cancels over a connection of its own, and a load
 * balancer may lead that one elsewhere; what is asked here reaches its gateway through the log of revocations, within
 * about a second.
 */
export class FarSessions {
  readonly #store: Pick<Store, 'sessions' | 'revocations'>;
  readonly #gatewayId: string;
  readonly #clock: Clock;
  readonly #log: Log;
  #lookups = 0;

  constructor(store: Pick<Store, 'sessions' | 'revocations'>, gatewayId: string, clock: Clock, log: Log) {
    this.#store = store;
    this.#gatewayId = gatewayId;
    this.#clock = clock;
    this.#log = log;
  }

  /** Somebody who has shown nothing but a cancel key asks to cancel; an unknown one does nothing. Never rejects. */
  async cancel(key: string): Promise<void> {
    if (this.#lookups >= mostLookups) return;
    this.#lookups += 1;
    try {
      const session = await this.#find(key);
      if (session !== undefined) await this.#ask('statement', session);
    } catch (thrown) {
      this.#log.problem(notPassedOn, thrown);
    } finally {
      this.#lookups -= 1;
    }
  }

  /**
   * Somebody who has signed in asks for another session, by a key that need not be secret: it must be a session of the
   * same person through the same client. That a session ends is certain once it stands in the log; what its server says
   * to a cancelled statement never comes back here. Never rejects: `unconfirmed` when the store does not answer.
   */
  async endPeer(
    { principal, clientId }: Permit,
    key: string,
    what: 'statement' | 'session',
  ): Promise<PeerOutcome> {
    try {
      const session = await this.#find(key);
      const isTheirs = session?.clientId === clientId && session.personId === principalId(principal);
      if (session === undefined || !isTheirs) return 'unknown';
      await this.#ask(what, session);
      return what === 'session' ? 'done' : 'passed_on';
    } catch (thrown) {
      this.#log.problem(notPassedOn, thrown);
      return 'unconfirmed';
    }
  }

  async #find(key: string): Promise<LiveSession | undefined> {
    const session = await this.#store.sessions.byCancelKey(hashSecret(key));
    // One of our own that the registry does not know has ended since.
    return session?.gatewayId === this.#gatewayId ? undefined : session;
  }

  async #ask(kind: 'statement' | 'session', { id }: LiveSession): Promise<void> {
    const reason = kind === 'session' ? 'you ended this session' : 'you cancelled its statement';
    await this.#store.revocations.append({ kind, subject: id, reason }, this.#clock.now());
  }
}
