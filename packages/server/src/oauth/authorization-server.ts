import type { IncomingMessage, ServerResponse } from 'node:http';
import type {
  ClientCertificate,
  EngineName,
  Principal,
  ProvenSignIn,
  Secret,
  SignInProof,
  SignInWish,
} from '../core/index.ts';
import type { MissingProof } from '../policy/index.ts';

/** The OAuth and OpenID Connect side, as the pages and the doors use it. */
export interface AuthorizationServer {
  /**
   * Answers everything under `/oauth/`, the two well-known documents, and `/device` with what is below it (the page
   * where a program's code is typed in). The body must not have been read.
   */
  handle(request: IncomingMessage, response: ServerResponse): Promise<void>;

  /** Who is signed in in this browser, if anybody. */
  signedIn(request: IncomingMessage, response: ServerResponse): Promise<string | undefined>;
  /** What the sign-in of this browser proved; undefined when nobody is signed in. */
  proof(request: IncomingMessage, response: ServerResponse): Promise<SignInProof | undefined>;
  /**
   * Starts a browser session under a new session id. The sign-in has been recorded durably. `ended`: there is none,
   * because the person's sign-ins were ended since this one began.
   */
  signIn(
    request: IncomingMessage,
    response: ServerResponse,
    signIn: ProvenSignIn,
  ): Promise<'begun' | 'ended'>;
  /**
   * Announces the next key for ID tokens when its time has come, and lets others go, as any request does: for a gateway
   * that nobody asks. @throws whatever the store or the audit throws
   */
  tendSigningKeys(): Promise<void>;
  /** Ends the browser session. */
  signOut(request: IncomingMessage, response: ServerResponse): Promise<void>;
  /** Ends every browser session of a person, this one too; applications that they let in keep their access. */
  signOutEverywhere(personId: string, by: string): Promise<void>;
  /** Ends everything that a person holds: browser sessions, consents, tokens, live sessions. See {@link Revoker.person}. */
  endEverything(personId: string, reason: string, by: string): Promise<void>;

  /** The authorization request that waits for this browser's person; undefined when it expired or is another browser's. */
  interaction(
    request: IncomingMessage,
    response: ServerResponse,
    uid: string,
  ): Promise<Interaction | undefined>;
  /**
   * Goes on after a sign-in; writes a redirect. The request comes back when it demands more than was proven. `ended`: as
   * for {@link signIn}, and nothing is written.
   */
  finishSignIn(
    request: IncomingMessage,
    response: ServerResponse,
    signIn: ProvenSignIn,
  ): Promise<'redirected' | 'ended'>;
  /** Goes on after the consent page; writes a redirect. Records the decision durably before it takes effect. */
  finishConsent(
    request: IncomingMessage,
    response: ServerResponse,
    decision: 'allow' | 'deny',
  ): Promise<void>;

  /**
   * Verifies what a door was given as the password: an access token, against the store, so that a revoked one is refused
   * at once; or, where the config trusts its issuer, a token that a provider signed. Such a token names no database, so
   * it is taken only where `asked` says which. `certificate` is what the client showed in its TLS handshake.
   */
  verifyToken(token: Secret, asked?: AskedAtDoor, certificate?: ClientCertificate): Promise<TokenVerdict>;

  /** The applications that a person let in. */
  consents(personId: string): Promise<readonly ConsentSummary[]>;
  /** Ends a consent: its tokens die, its live sessions end. `by` is recorded. */
  revokeConsent(consentId: string, by: string): Promise<boolean>;
}

/** What the sign-in or consent page shows. */
export interface Interaction {
  readonly uid: string;
  readonly prompt: 'login' | 'consent';
  readonly client: {
    readonly id: string;
    readonly name: string;
    /** Where the browser goes afterwards: host only, or `this computer` for a loopback redirect. Undefined for device codes. */
    readonly redirectHost?: string;
    /** The redirect URI itself: what the consent form may lead to. Undefined for device codes. */
    readonly redirectUri?: string;
    /** True when a person registered it without an administrator. */
    readonly selfRegistered: boolean;
    /** True while it waits for approval: only its developer can let it in. */
    readonly testMode: boolean;
    /** True when it waits for approval and whoever is signed in is not its developer: then it cannot be allowed. */
    readonly barred: boolean;
    /** A small image as a `data:` URL. */
    readonly logo?: string;
  };
  readonly accountId?: string;
  /** Present at the login prompt when somebody is signed in, and a role that they would get demands more of the sign-in. */
  readonly stronger?: StrongerSignIn;
  /** What the request asks of a sign-in, for whoever can be asked in turn. */
  readonly wish: SignInWish;
  /** Whom the application expects, in its own words: what the form begins with, and worth nothing else. */
  readonly loginHint?: string;
  /** The databases and roles asked for, resolved for this person; empty at the login prompt. */
  readonly access: readonly RequestedAccess[];
  /** Other scopes: openid, profile, groups, offline_access. */
  readonly otherScopes: readonly string[];
  /** How long the client can get new tokens without asking again, in milliseconds; undefined when it cannot. */
  readonly renewableMs?: number;
}

/** What a request demands of somebody who is signed in already. */
export interface StrongerSignIn extends MissingProof {
  readonly role: string;
  readonly database: string;
  /** What the sign-in of this browser proved. */
  readonly proof: SignInProof;
}

/** One database that a client asks for, and what the person could allow on it. */
export interface RequestedAccess {
  readonly database: string;
  /** The role that the person would act as; undefined when policy gives none, and then it cannot be allowed. */
  readonly role: string | undefined;
  /** The role that the scope named; undefined for `db:<database>`. */
  readonly asked: string | undefined;
  /** How long tokens and sessions last, in milliseconds. */
  readonly tokenMs: number;
  readonly maxSessionMs: number;
}

/** What a client said at a door beside its credential. */
export interface AskedAtDoor {
  readonly engine: EngineName;
  /** As on the wire; empty for none. */
  readonly database: string;
  readonly user: string;
  /** Where the user name may be a person's: whence they come. Absent inside the process, and where a session goes on. */
  readonly person?: { readonly remoteAddress: string; readonly requestId: string };
}

/** What a presented token is. Everything but `valid` is the same refusal to the caller; the reason is for the audit. */
export type TokenVerdict =
  | { readonly outcome: 'valid'; readonly token: VerifiedToken }
  | {
      readonly outcome: 'invalid';
      readonly reason:
        | 'malformed'
        | 'unknown'
        | 'expired'
        | 'person_disabled'
        | 'client_disabled'
        | 'no_database'
        /** A signed token that nobody here trusts, or that is not for us. */
        | 'not_genuine'
        /** Bound to a certificate that the client did not show. */
        | 'other_certificate'
        /** The certificate that came without a token names nobody here. */
        | 'not_by_certificate'
        /** The keys of its issuer cannot be read. */
        | 'provider_unavailable'
        /** A provider's token, and nothing says for which database. */
        | 'no_database_named'
        /** A password of a directory, where the config takes them. */
        | 'wrong_password'
        | 'throttled';
      /** For the operator's log. */
      readonly detail?: string;
      /** Of `throttled`. */
      readonly retryAfterMs?: number;
    };

/** Who is behind a token, and what it covers. */
export interface VerifiedToken {
  readonly tokenHash: string;
  readonly principal: Principal;
  /** What the sign-in behind it proved; nothing for workloads and for tokens that somebody else signed. */
  readonly proof?: SignInProof | undefined;
  readonly clientId: string;
  readonly consentId: string;
  readonly database: string;
  /** The roles that its scopes name; empty: the default role. */
  readonly roles: readonly string[];
  readonly scopes: readonly string[];
  /** The `x5t#S256` of the certificate without which it is worth nothing. */
  readonly boundTo?: string;
  /** The certificate that it stands on: a session ends when that is revoked. */
  readonly certificate?: ClientCertificate;
  /** Wall-clock milliseconds; infinite for a password or certificate, which has no end of its own. */
  readonly expiresAt: number;
}

/** One consent of a person, in the words of the pages. */
export interface ConsentSummary {
  readonly id: string;
  readonly clientId: string;
  readonly clientName: string;
  /** A small image as a `data:` URL, of a client that somebody approved. */
  readonly logo?: string;
  readonly scopes: readonly string[];
  readonly createdAt: number;
  readonly expiresAt: number;
}
