import type { Principal, Secret } from '../core/index.ts';

/**
 * One way to prove who you are. The shape of the interaction is the variant; every method ends in a
 * {@link SignInOutcome}, and none of them decides about rights.
 */
export type SignInMethod = PasswordMethod;

/** A user name and a password typed into our page. */
export interface PasswordMethod {
  readonly kind: 'password';
  /** The config key; the `method` half of every identity that it proves. */
  readonly name: string;
  /**
   * Checks the pair. Takes the same time for unknown people. Never throws for a wrong password;
   * throws when it cannot tell (the store is down), and the caller refuses.
   */
  verify(attempt: PasswordAttempt): Promise<SignInOutcome>;
  /** Where people choose a password themselves; absent when another system keeps the passwords. */
  readonly changes?: PasswordChanges;
}

export interface PasswordAttempt {
  readonly username: string;
  readonly password: Secret;
  readonly remoteAddress: string;
}

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

export interface SignInFailure {
  readonly outcome: 'failed';
  /** `superseded`: a first secret that was proven and then replaced. */
  readonly reason: 'unknown' | 'wrong_password' | 'expired_password' | 'disabled' | 'too_long' | 'superseded';
  /** Whose sign-in failed, when there is such a person. Never what an unknown person typed: it may be a password. */
  readonly subject?: string;
}

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

export interface PasswordChange {
  readonly subject: string;
  readonly proof: PasswordProof;
  readonly wanted: Secret;
}

/** Why somebody may change a password: they know it, or they proved a first secret a moment ago. */
export type PasswordProof =
  | { readonly kind: 'current_password'; readonly password: Secret; readonly remoteAddress: string }
  | { readonly kind: 'first_secret'; readonly version: string };

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
export type PasswordFault = 'too_short' | 'too_long' | 'user_name' | 'trivial' | 'unchanged';
