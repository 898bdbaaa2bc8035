import type { Clock, Permit } from '../core/index.ts';
import { hashSecret, principalId, Refusal } from '../core/index.ts';
import type { CancelKey, CancelOutcome, PeerOutcome, Relay, Upstream } from '../engines/index.ts';
import type { LiveSession, Revocation } from '../store/index.ts';

/** How long a session that must end may take to tell its client before it is cut. */
const stopDeadlineMs = 1_500;
/** Revocations are remembered this long, for sessions that were signing in while they arrived. */
const rememberMs = 60_000;

/** What {@link SessionRegistry.enter} needs to know of a session. */
export interface Entering {
  readonly id: string;
  readonly permit: Permit;
  readonly remoteAddress: string;
  /** What the client will present to cancel; fresh for each session. */
  readonly cancelKey: CancelKey;
  /** {@link SessionRegistry.watermark} as it was before the token was verified. */
  readonly watermark: number;
  /** Called when the session is ended from our side, before its client can notice. */
  readonly stopped?: (refusal: Refusal) => void;
}

/** What came of entering: too late, since it was revoked or the gateway stops, or among the live ones. */
export type Entry =
  | { readonly outcome: 'refused'; readonly refusal: Refusal }
  | {
      readonly outcome: 'entered';
      /** From now on the session can be stopped and its statement cancelled. */
      running(relay: Relay, upstream: Upstream): void;
      /**
       * From now on the session lives under this permit, up to its end, and no more under the one before. `watermark`
       * as it was before the new token was verified. @throws Refusal `access_revoked` when that was revoked since
       */
      renew(permit: Permit, watermark: number): void;
      /** The session is over. Resolves when no cancel request for its upstream is in flight any more. */
      leave(): Promise<void>;
    };

interface Member {
  session: LiveSession;
  permit: Permit;
  readonly cancelKey: CancelKey;
  expiry: NodeJS.Timeout;
  relay?: Relay;
  upstream?: Upstream;
  stopping?: Refusal;
  readonly stopped: Entering['stopped'];
  cancels: Promise<unknown>[];
}

/** The live sessions of this gateway: who can be cancelled, and who must end when something is revoked. */
export class SessionRegistry {
  readonly #members = new Map<string, Member>();
  readonly #byCancelKey = new Map<string, Member>();
  readonly #gatewayId: string;
  readonly #clock: Clock;
  #recent: { readonly number: number; readonly at: number; readonly revocation: Revocation }[] = [];
  #watermark = 0;
  /** Why nobody enters any more. */
  #closed: Refusal | undefined;

  constructor(gatewayId: string, clock: Clock) {
    this.#gatewayId = gatewayId;
    this.#clock = clock;
  }

  /** Counts the revocations that were applied here. */
  get watermark(): number {
    return this.#watermark;
  }

  /** The live sessions, as the store publishes them. */
  list(): readonly LiveSession[] {
    return [...this.#members.values()].map((member) => member.session);
  }

  /** Takes a session among the live ones, unless what it came in by was revoked since `watermark`, or all is over. */
  enter({ id, permit, remoteAddress, cancelKey, watermark, stopped }: Entering): Entry {
    const now = this.#clock.now();
    const session: LiveSession = {
      id,
      gatewayId: this.#gatewayId,
      personId: principalId(permit.principal),
      clientId: permit.clientId,
      consentId: permit.consentId,
      database: permit.database.name,
      role: permit.role.name,
      remoteAddress,
      startedAt: now,
      heartbeatAt: now,
      cancelKeyHash: hashSecret(cancelKey.id),
    };
    const refusal = this.#closed ?? this.#missed(session, permit, watermark);
    if (refusal !== undefined) return { outcome: 'refused', refusal };
    const expiryOf = ({ endsAt }: Permit) =>
      setTimeout(
        () => this.#stop(member, new Refusal('session_expired')),
        timerMs(endsAt - this.#clock.now()),
      ).unref();
    const member: Member = { session, permit, cancelKey, expiry: expiryOf(permit), stopped, cancels: [] };
    this.#members.set(id, member);
    this.#byCancelKey.set(cancelKey.id, member);
    return {
      outcome: 'entered',
      running: (relay, upstream) => {
        member.relay = relay;
        member.upstream = upstream;
        if (member.stopping !== undefined) void relay.stop(member.stopping, stopDeadlineMs);
      },
      renew: (renewed, watermarkThen) => {
        const { consentId } = renewed;
        const refusal = member.stopping ?? this.#missed({ ...session, consentId }, renewed, watermarkThen);
        if (refusal !== undefined) throw refusal;
        clearTimeout(member.expiry);
        member.session = { ...session, consentId };
        member.permit = renewed;
        member.expiry = expiryOf(renewed);
      },
      leave: async () => {
        clearTimeout(member.expiry);
        this.#members.delete(id);
        this.#byCancelKey.delete(cancelKey.id);
        // A late cancel would hit the next owner of the connection, so it stays ours until the server took them all.
        await Promise.allSettled(member.cancels);
      },
    };
  }

  /** What was revoked of this session since `watermark`, as the refusal that its client is told. */
  #missed(session: LiveSession, permit: Permit, watermark: number): Refusal | undefined {
    const missed = this.#recent.find(
      ({ number, revocation }) => number > watermark && concerns(revocation, session, permit),
    );
    if (missed === undefined) return undefined;
    return new Refusal('access_revoked', { reason: missed.revocation.reason });
  }

  /** A client asked to cancel; resolves when the server has taken that. For a key that is unknown here nothing is dialled. */
  async cancel(key: string): Promise<'done' | 'unknown'> {
    const member = this.#byCancelKey.get(key);
    if (member === undefined) return 'unknown';
    await this.#cancelRunning(member);
    return 'done';
  }

  /**
   * Somebody who has signed in asks for another session, by a key that need not be secret: it must be a session of
   * the same person through the same client. Cancels its statement, and resolves when the server has taken that, or
   * cannot be seen to; or ends the session, whose client is told at once.
   */
  async endPeer(
    { principal, clientId }: Permit,
    key: string,
    what: 'statement' | 'session',
  ): Promise<Exclude<PeerOutcome, 'passed_on'>> {
    const member = this.#byCancelKey.get(key);
    const { permit } = member ?? {};
    const isTheirs =
      permit?.clientId === clientId && principalId(permit.principal) === principalId(principal);
    if (member === undefined || !isTheirs) return 'unknown';
    if (what === 'statement') return (await this.#cancelRunning(member)) === 'taken' ? 'done' : 'unconfirmed';
    void this.#stop(member, new Refusal('access_revoked', { reason: 'you ended this session' }));
    return 'done';
  }

  async #cancelRunning(member: Member): Promise<CancelOutcome> {
    if (member.upstream === undefined) return 'taken';
    const cancel = member.upstream.cancel().catch(() => 'unsure' as const);
    member.cancels.push(cancel);
    const outcome = await cancel;
    member.cancels = member.cancels.filter((other) => other !== cancel);
    return outcome;
  }

  /** Ends the sessions that a revocation concerns. Resolves when they have ended. */
  async revoke(revocation: Revocation): Promise<void> {
    if (revocation.kind === 'statement') {
      const member = this.#members.get(revocation.subject);
      if (member !== undefined) await this.#cancelRunning(member);
      return;
    }
    const now = this.#clock.now();
    this.#watermark += 1;
    this.#recent = [
      ...this.#recent.filter(({ at }) => at > now - rememberMs),
      { number: this.#watermark, at: now, revocation },
    ];
    // What the groups do not give any more is for whoever can decide that: see `recheck`.
    if (revocation.kind === 'groups') return;
    const refusal = new Refusal('access_revoked', { reason: revocation.reason });
    await this.#stopWhere(({ session, permit }) => concerns(revocation, session, permit), refusal);
  }

  /**
   * Ends the sessions whose permit would not be given any more, of all people or of one. A check that fails ends them
   * too. `reason` is what their clients are told.
   */
  async recheck(
    stillAllowed: (permit: Permit) => Promise<boolean>,
    reason: string,
    personId?: string,
  ): Promise<void> {
    const refusal = new Refusal('access_revoked', { reason });
    const members = [...this.#members.values()].filter(
      ({ session }) => personId === undefined || session.personId === personId,
    );
    await Promise.all(
      members.map(async (member) => {
        const allowed = await stillAllowed(member.permit).catch(() => false);
        if (!allowed) await this.#stop(member, refusal);
      }),
    );
  }

  /** Ends the sessions whose permit does not hold any more. Resolves when they have ended. */
  async stopPermits(ended: (permit: Permit) => boolean, refusal: Refusal): Promise<void> {
    await this.#stopWhere(({ permit }) => ended(permit), refusal);
  }

  /** Ends all sessions with this refusal, when nobody can tell any more who may be in or what they do. */
  async stopAll(refusal: Refusal): Promise<void> {
    await this.#stopWhere(() => true, refusal);
  }

  /** The gateway stops: ends all sessions with this refusal, also those that are still signing in. */
  async close(refusal: Refusal): Promise<void> {
    this.#closed = refusal;
    await this.stopAll(refusal);
  }

  async #stopWhere(matches: (member: Member) => boolean, refusal: Refusal): Promise<void> {
    await Promise.all(
      [...this.#members.values()].filter(matches).map((member) => this.#stop(member, refusal)),
    );
  }

  async #stop(member: Member, refusal: Refusal): Promise<void> {
    if (member.stopping === undefined) member.stopped?.(refusal);
    member.stopping = refusal;
    await member.relay?.stop(refusal, stopDeadlineMs);
  }
}

function concerns({ kind, subject }: Revocation, session: LiveSession, permit: Permit): boolean {
  switch (kind) {
    case 'token':
      return permit.tokenHash === subject;
    case 'consent':
      return session.consentId === subject;
    case 'client':
      return session.clientId === subject;
    case 'person':
    case 'groups':
      return session.personId === subject;
    case 'role':
      return `${session.database}/${session.role}` === subject;
    case 'session':
      return session.id === subject;
    case 'statement':
      return false;
  }
}

/** `setTimeout` takes 31 bits of milliseconds, and more would fire at once. The configuration takes 24 days at most. */
function timerMs(ms: number): number {
  return Math.min(Math.max(ms, 0), 2 ** 31 - 1);
}
