import type {
  IdentityToken,
  IdentityTokenAccess,
  Principal,
  Secret,
  SignInProof,
  SignInWish,
} from '../core/index.ts';

/**
 * One way to prove who you are. The shape of the interaction is the variant; every method ends in a
 * {@link SignInOutcome}, and none of them decides about rights.
 */
export type SignInMethod = PasswordMethod | RedirectMethod;

/** A user name and a password typed into our page. */
export interface PasswordMethod {
  readonly kind: 'password';
  /** The config key; the `method` half of every identity that it proves. */
  readonly name: string;
  /** What the sign-in page calls it, behind "Sign in with". */
  readonly label: string;
  /**
   * Checks the pair. Takes the same time for unknown people. Never throws for a wrong password;
   * throws when it cannot tell (the store is down), and the caller refuses.
   */
  verify(attempt: PasswordAttempt): Promise<SignInOutcome>;
  /** Where people choose a password themselves; absent when another system keeps the passwords. */
  readonly changes?: PasswordChanges;
}

/** A provider that the browser is sent to, and that sends it back with an answer. */
export interface RedirectMethod {
  readonly kind: 'redirect';
  readonly name: string;
  readonly label: string;
  /** Whether some words of it count as a second factor. */
  readonly attestsFactor: boolean;
  /** Starts one sign-in. Never throws for a provider that is down, nor for a wish that it cannot be asked for. */
  begin(wish?: SignInWish): Promise<RedirectBegun>;
  /**
   * Ends it: `answer` is the address that the browser came back to. Never throws for what a provider or a browser
   * sent; whatever does not fit what was begun proves nobody.
   */
  finish(answer: URL, memory: RedirectMemory): Promise<RedirectOutcome>;
  /** Present where the answer is a form that the provider's page posts. */
  readonly posted?: PostedAnswers;
  /** What the gateway and the provider tell each other after the sign-in; absent where there is no way to. */
  readonly afterwards?: ProviderLink;
  /** Present where signing out is told in messages that the browser carries. */
  readonly carriedSignOut?: CarriedSignOut;
}

/** The line to a provider while somebody whom it proved is signed in here. None of its methods throws. */
export interface ProviderLink {
  /** After this long without a word of the provider it is asked again, in milliseconds. */
  readonly rereadEveryMs: number;
  /** How long its last word counts while it does not answer, in milliseconds. */
  readonly wordCountsMs: number;
  /** What it says of the person now. The session that it was given may be used up by this; the new one replaces it. */
  reread(subject: string, session: ProviderSession): Promise<Reread>;
  /**
   * Asks for a token that the person may show to somebody else. The session is used up as by {@link reread}; whatever
   * the outcome, a new one that comes with it replaces it.
   */
  tokenFor(subject: string, session: ProviderSession, wanted: WantedToken): Promise<TokenAnswer>;
  /** Where a browser signs out there and comes back from to `returnTo`. */
  signOutAddress(session: ProviderSession, returnTo: string): Promise<SignOutThere>;
  /** Reads a token by which the provider says that somebody signed out there. */
  readLogoutToken(token: Secret): Promise<LogoutToken>;
}

/** What a provider gave together with the proof. */
export interface ProviderSession {
  readonly idToken: Secret;
  /** Absent: it cannot be asked again. */
  readonly refreshToken?: Secret;
  /** What the provider calls its own session. */
  readonly id?: string;
}

/** Which token; its audience is checked before anybody gets it. */
export type WantedToken = Pick<IdentityTokenAccess, 'token' | 'audience' | 'scopes'>;

/** A token that a database takes, and the provider's session from then on when it changed. */
export interface TokenAnswer {
  readonly answer: IdentityToken;
  readonly session?: ProviderSession;
}

/** What came of asking the provider about a person again. */
export type Reread =
  | { readonly outcome: 'read'; readonly principal: Principal; readonly session: ProviderSession }
  /** The provider does not speak for this session any more. */
  | { readonly outcome: 'ended'; readonly detail: string }
  /** No word that can be used; the last one stands for a while. `session`: it came all the same, and replaces the one before. */
  | { readonly outcome: 'unavailable'; readonly detail: string; readonly session?: ProviderSession };

/** What came of a provider's word that a session ended. */
export type LogoutToken =
  | {
      readonly outcome: 'genuine';
      /** At least one of the two. */
      readonly subject?: string;
      readonly sessionId?: string;
      /** Unique for the provider; the token counts once. */
      readonly tokenId: string;
      /** Wall-clock milliseconds. */
      readonly expiresAt: number;
    }
  | { readonly outcome: 'refused'; readonly reason: 'not_genuine' | 'unavailable'; readonly detail: string };

/**
 * Answers that are posted from the provider's site. A browser sends no cookie of ours along with those, so nothing is
 * known yet of who began: the browser is sent on to our own address, and {@link RedirectMethod.finish} decides there.
 */
export interface PostedAnswers {
  /**
   * Checks a posted answer and keeps what it proves, for a minute and one use. Gives the query to come back with. Never
   * throws for what a stranger posted.
   */
  receive(form: Readonly<Record<string, string>>): Promise<{
    readonly query: URLSearchParams;
    /** For the operator's log: why it proves nobody. */
    readonly failure?: SignInFailure;
  }>;
  /** What an administrator of the provider must know of us, as XML. @throws Error when our certificate cannot be read */
  metadata(): Promise<string>;
}

/** Signing out here and at the provider, whoever begins: each sends the browser to the other with a message. */
export interface CarriedSignOut {
  /** True: who signs out at the provider loses live sessions, tokens and consents as well. */
  readonly endsSessions: boolean;
  /** Where a person's browser goes to sign out there as well. Throws what the store throws. */
  begin(personId: string): Promise<SignOutThere>;
  /** Reads the query of an address that a browser was sent to by the provider. Never throws for what a stranger sent. */
  receive(query: string): Promise<SignOutMessage>;
}

/** Whether a browser that signs out here goes to the provider to sign out there. Signing out here never fails for it. */
export type SignOutThere =
  | { readonly outcome: 'redirect'; readonly location: URL }
  /** The provider has no such place, or no session of the person that is known. */
  | { readonly outcome: 'nowhere' }
  /** The person stays signed in there. `detail` is for the operator's log, and holds no credential. */
  | { readonly outcome: 'failed'; readonly detail: string };

/** What came of a sign-out that a browser carried here from the provider. */
export type SignOutMessage =
  /** The provider signs this person out; absent: nobody who is known here. `answer` is where to send the browser afterwards. */
  | { readonly outcome: 'asked'; readonly personId?: string; answer(): Promise<URL> }
  /** It has done what we asked. */
  | { readonly outcome: 'answered' }
  /** `detail` is for the operator's log. */
  | { readonly outcome: 'refused'; readonly detail: string };

/** Where to send the browser, or why it cannot be sent. */
export type RedirectBegun =
  | { readonly outcome: 'redirect'; readonly location: URL; readonly memory: RedirectMemory }
  | SignInFailure;

/** What ties the answer to the browser that began; the page keeps it sealed, and with nobody else. */
export interface RedirectMemory {
  /** Comes back in the answer, and finds the memory again. */
  readonly state: string;
  readonly nonce: string;
  /** The verifier of PKCE (RFC 7636). */
  readonly verifier: string;
  /** What was wished for, since the answer is held against it. */
  readonly wish: SignInWish;
}

/** What came of the browser's return. */
export type RedirectOutcome =
  | {
      readonly outcome: 'proven';
      readonly principal: Principal;
      /** What the provider says of the sign-in itself. */
      readonly proof: SignInProof;
      readonly atProvider?: ProviderSession;
    }
  | SignInFailure;

/** A user name and a password, as somebody typed them. */
export interface PasswordAttempt {
  readonly username: string;
  readonly password: Secret;
  readonly remoteAddress: string;
}

/** What came of a password. */
export type SignInOutcome =
  | { readonly outcome: 'proven'; readonly principal: Principal }
  /**
   * Proven with a secret that somebody else made and knows, so it opens nothing but the choice of a password.
   * `version` names the secret and tells nothing about it: a {@link PasswordProof} until the secret is replaced.
   */
  | { readonly outcome: 'first_secret'; readonly principal: Principal; readonly version: string }
  /** Unknown person, wrong or expired password, disabled person: one answer for all, the reason is for the audit. */
  | SignInFailure
  | Throttled;

/** Nobody was proven. The page says less than the reason, so that it tells nobody which accounts there are. */
export interface SignInFailure {
  readonly outcome: 'failed';
  readonly reason:
    | 'unknown'
    | 'wrong_password'
    | 'expired_password'
    | 'disabled'
    | 'too_long'
    /** Proven with what was replaced meanwhile, or while the person's sign-ins were ended. */
    | 'superseded'
    | ProviderFailure;
  /** For the operator's log alone: what exactly did not fit. Holds no credential. */
  readonly detail?: string;
  /** Whose sign-in failed, when there is such a person. Never what an unknown person typed: it may be a password. */
  readonly subject?: string;
}

/** Why a provider proved nobody. The page may say it: it tells nothing about anybody. */
export type ProviderFailure =
  /** It cannot be reached, or answers nonsense. */
  | 'unavailable'
  /** It said no, or the person did. */
  | 'declined'
  /** The answer is not one to what this browser began, or its signature, issuer, audience or time is wrong. */
  | 'not_genuine'
  /** What it says of the person cannot be used: to decide without it would be to guess at rights. */
  | 'claims_unusable';

/** Too many attempts; nothing was looked at. */
export interface Throttled {
  readonly outcome: 'throttled';
  readonly retryAfterMs: number;
}

/** Changing passwords that the gateway keeps. */
export interface PasswordChanges {
  /**
   * Looks at the new password, then at the proof, which is throttled as a sign-in is. Changes nothing yet: the caller
   * records the change and then applies it. Throws as {@link PasswordMethod.verify} does.
   */
  prepare(change: PasswordChange): Promise<PreparedChange>;
}

/** The password that somebody wants, and the proof that they may choose it. */
export interface PasswordChange {
  readonly subject: string;
  readonly proof: PasswordProof;
  readonly wanted: Secret;
}

/** Why somebody may change a password: they know it, or they proved a first secret a moment ago. */
export type PasswordProof =
  | { readonly kind: 'current_password'; readonly password: Secret; readonly remoteAddress: string }
  | { readonly kind: 'first_secret'; readonly version: string };

/** A change that was found right and only has to be written; or why there is none. */
export type PreparedChange =
  | {
      readonly outcome: 'ready';
      readonly principal: Principal;
      /** Replaces the password, unless it is no longer the one that was proven. */
      apply(): Promise<'changed' | 'superseded'>;
    }
  | { readonly outcome: 'refused'; readonly fault: PasswordFault }
  | SignInFailure
  | Throttled;

/** What is wrong with a new password; the page has a sentence for each. */
export type PasswordFault = 'too_short' | 'too_long' | 'user_name' | 'trivial' | 'common' | 'unchanged';
