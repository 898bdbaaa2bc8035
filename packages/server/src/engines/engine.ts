import type { Duplex } from 'node:stream';
import type { SecureContext, TLSSocket, TlsOptions } from 'node:tls';
import type { Database, EngineName, Permit, Refusal, Secret } from '../core/index.ts';

/**
 * One database protocol. An engine is a transport: it never sees a token's meaning, a rule, or the audit log;
 * `gateway/session.ts` is the only caller and holds every security step.
 */
export interface Engine {
  readonly name: EngineName;
  readonly traits: EngineTraits;
  /**
   * Reads the client's side of the handshake up to the credential. Called once per socket, under the listener's
   * deadline. Holds at most 64 KiB for the client. Protocol errors are answered natively here and come back as
   * `refused`; it throws only for bugs.
   */
  accept(socket: Duplex, door: Door): Promise<Accepted>;
  /**
   * Dials and logs in as the permit's role. Secrets go only over what `permit.database.tls` demands.
   * @throws Refusal `upstream_unreachable`, `upstream_untrusted`, `upstream_refused_login`
   */
  connect(permit: Permit, login: UpstreamLogin): Promise<Upstream>;
  /** Starts to carry messages both ways until one side ends. The client has been welcomed. */
  relay(client: Client, upstream: Upstream, observer: StatementObserver): Relay;
  /** For protocols of which one connection can serve many clients at once. Called once for each set of them. */
  readonly multiplexer?: () => Multiplexer;
}

/** An upstream connection that belongs to one session until it is released. */
export interface Lease {
  readonly upstream: Upstream;
  /** The user of the database that it logged in as. */
  readonly login: string;
  /**
   * Gives the connection back. An idle one the pool resets and keeps, if the server confirmed the reset; a doubtful one
   * is closed. Never rejects; may be called once.
   */
  release(state: LeftState): Promise<void>;
}

/** How a connection is left: `idle` was proved by the relay, nothing is on its way in it; on any doubt `doubtful`. */
export type LeftState = 'idle' | 'doubtful';

/** Lets clients that may use each other's connections share one. */
export interface Multiplexer {
  /**
   * A place on the shared connection, to be used as a connection of one's own. `acquire` gives connections of the same
   * kind: for the first who comes, and for whatever cannot be shared. @throws what `acquire` throws
   */
  join(acquire: () => Promise<Lease>): Promise<Lease>;
}

/** What the rest of the gateway must know of a protocol, declared instead of asked by name. */
export interface EngineTraits {
  /** The text of a statement without the passwords and keys that stand in it; otherwise as sent. Must be cheap. */
  readonly withoutSecrets: (text: string) => string;
}

/** The listener that a client came through. */
export interface Door {
  /** `postgres`, `mysql` …, or `http` for the in-process door: what audit records name. */
  readonly name: string;
  /** Certificate for TLS; absent for the in-process door, which never leaves the process. */
  readonly tls?: () => SecureContext;
  /** Present where clients are asked for a certificate; then it says how TLS is set up, and not {@link Door.tls}. */
  readonly certificates?: {
    readonly tlsOptions: () => TlsOptions;
    /** Called once when TLS stands, before anything is read inside of it. */
    readonly shown: (socket: TLSSocket) => void;
  };
  /** Whether the client is signed in by its certificate, so that no token is needed of it. Asked when TLS stands. */
  readonly signedIn?: () => boolean;
  /** True when a clear-text client may sign in: loopback listeners and the in-process door. */
  readonly clearTextAllowed: boolean;
  /** The authorization server that a client which can sign in by itself is sent to; absent for the in-process door. */
  readonly issuer?: string;
}

/** How a client's handshake ended. */
export type Accepted =
  | { readonly kind: 'login'; readonly client: Client }
  /**
   * The client asked to cancel a statement of the session with this key. Nothing is answered: the end of its connection
   * tells it that the request cannot hit a later statement any more, so `close` comes after that.
   */
  | { readonly kind: 'cancel'; readonly key: string; readonly close: () => void }
  /** Left before a credential, for example psql that goes to ask for the password. Not a failed login. */
  | { readonly kind: 'left' }
  /** Already answered in the client's protocol and closed. */
  | { readonly kind: 'refused'; readonly refusal: Refusal };

/** A client whose credential was read and who waits for the answer. */
export interface Client {
  readonly credential: Secret;
  /** The user name on the wire: a hint that may name a role, nothing more. */
  readonly userHint: string;
  /** The database name on the wire; empty when the client named none. */
  readonly databaseHint: string;
  /** What the client calls itself, for audit records. */
  readonly application: string;
  /** The allowed session settings that the client asked for at startup; part of the pool key. */
  readonly settings: ReadonlyMap<string, string>;
  readonly encrypted: boolean;
  /** A fresh cancel key of the length that this client's protocol version takes. Called once a session. */
  mintCancelKey(): CancelKey;
  /** Answers the login with this refusal in the client's protocol and closes. Never throws. */
  refuse(refusal: Refusal): Promise<void>;
  /**
   * For protocols where a refused client may try again on the same connection: answers with this refusal, as
   * {@link Client.refuse} does, and gives what came of it. Never throws. Absent: there is one try.
   */
  retry?(refusal: Refusal): Promise<Accepted>;
  /** Tells the client that it is in: parameters as the upstream reported them, and the session's own cancel key. */
  welcome(upstream: Upstream, cancelKey: CancelKey): void;
}

/** A session's cancel key, minted by the gateway: unguessable, and unknown to the upstream. */
export interface CancelKey {
  /** What {@link Accepted} `cancel` gives back: the wire bytes as hex. */
  readonly id: string;
  readonly bytes: Buffer;
}

/** How a connection stays signed in whose password ends. */
export interface LoginRenewal {
  /** Wall-clock milliseconds at which to sign in again. */
  readonly dueAt: number;
  /** Wall-clock milliseconds at which a session that could not be signed in again has to end. */
  readonly endsAt: number;
  /** The password for that, and when it is due again. @throws Refusal */
  next(): Promise<{ readonly password: Secret; readonly renewal: LoginRenewal }>;
  /** Told of every try that failed: there was no password, or the server did not take it. */
  failed(cause: unknown): void;
  /** Told when the server took what {@link LoginRenewal.next} gave. */
  succeeded(): void;
}

/** What {@link Engine.connect} needs besides the permit. */
export interface UpstreamLogin {
  readonly database: Database;
  readonly login: string;
  readonly password: Secret | undefined;
  /** Present when the password is good for a while only. */
  readonly renewal?: LoginRenewal;
  readonly settings: ReadonlyMap<string, string>;
  readonly connectTimeoutMs: number;
  /** The request id for refusals. */
  readonly request: string;
  /**
   * What the role logs in with now, for another login during the session: a rotation may have made a new password since.
   * Absent: there is none but this. @throws what looking it up throws
   */
  readonly current?: () => AsyncIterable<Pick<UpstreamLogin, 'login' | 'password'>>;
}

/**
 * What came of asking a server to end something. `taken`: it cannot hit a later statement any more. `not_asked`: nothing was
 * said that could. `unsure`: it may still come.
 */
export type CancelOutcome = 'taken' | 'not_asked' | 'unsure';

/** A logged-in connection to the database. */
export interface Upstream {
  /** The server's own name for the connection (a backend pid), for audit records. */
  readonly pid: string;
  /** Who the server says has logged in; absent where it does not say. */
  readonly user?: string | undefined;
  /** True once the connection ended or was closed; it is then never pooled. */
  readonly closed: boolean;
  /** Cancels the running statement; resolves when the server has taken the request, so that it cannot hit a later user. */
  cancel(): Promise<CancelOutcome>;
  /** Puts the connection back to its state after login. `clean` only when the server confirmed all of it. */
  reset(): Promise<'clean' | 'dirty'>;
  close(): void;
  /**
   * Resolves when nothing is on its way to the server any more that ends what ran here, which goes over connections of
   * its own and may still be running after {@link Upstream.close}. Never rejects, and takes seconds at most.
   */
  settled(): Promise<void>;
  /** Calls `listener` once when the connection ends while nobody relays over it. */
  onIdleEnd(listener: () => void): void;
}

/** A running relay. */
export interface Relay {
  /** Resolves when both directions have ended; never rejects. */
  readonly ended: Promise<RelayEnd>;
  /** Statements that were forwarded since the start. */
  readonly statements: number;
  /**
   * Ends the session from our side: cancels what runs, tells the client at the next message border in its own
   * protocol, closes. Resolves within `deadlineMs`, by force if the client does not read.
   */
  stop(refusal: Refusal, deadlineMs: number): Promise<void>;
}

/** Why a session ended, and what may become of its connection. */
export interface RelayEnd {
  readonly cause: 'client_left' | 'upstream_lost' | 'stopped' | 'protocol_violation';
  /** True when the upstream is proven idle: nothing in flight, no transaction, no half message. */
  readonly idle: boolean;
}

/** Hears of each statement. Implemented by the gateway, called by the relay. */
export interface StatementObserver {
  /** Present when the database's audit is strict: the relay forwards nothing of the statement before it resolves. */
  readonly admit?: (text: string, parameters: readonly (string | null)[] | undefined) => Promise<void>;
  /** Whether bound values should be decoded and given. */
  readonly wantsParameters: boolean;
  /**
   * For protocols where a person asks inside one session to cancel what runs in another, or to end it. `key` is the
   * {@link CancelKey.id} of that one. Absent: there are no others.
   */
  readonly endPeer?: (key: string, what: 'statement' | 'session') => Promise<PeerOutcome>;
  /**
   * For protocols whose clients may sign in again during a session: a fresh token of the same person, for the same role
   * of the same database, lets the session live on under that token. Absent: nobody may.
   * @throws Refusal when it is not, or is not valid; the session goes on as it was
   */
  readonly reauthenticate?: (credential: Secret) => Promise<void>;
  /** Called once a statement ended. Must be cheap; it runs on the hot path. @throws Refusal `audit_unavailable` */
  finished(statement: FinishedStatement): void;
}

/**
 * What came of asking for another session. `unknown`: nobody has it, or somebody else. `passed_on`: another gateway has
 * it and hears of this; what its server says is not known here. `unconfirmed`: nobody could be asked, or it cannot be seen
 * that the server took it, so the statement may still run.
 */
export type PeerOutcome = 'done' | 'unknown' | 'passed_on' | 'unconfirmed';

/** One statement for the audit, when its answer is complete. Durations are milliseconds. */
export interface FinishedStatement {
  readonly text: string;
  readonly textBytes?: number;
  readonly textHash?: string;
  readonly parameters?: readonly (string | null)[];
  readonly rows?: number;
  readonly durationMs: number;
  readonly outcome: 'succeeded' | 'failed' | 'cancelled' | 'unfinished';
  readonly errorCode?: string;
}
