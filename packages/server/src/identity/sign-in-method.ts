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
}

export interface PasswordAttempt {
  readonly username: string;
  readonly password: Secret;
  readonly remoteAddress: string;
}

export type SignInOutcome =
  | { readonly outcome: 'proven'; readonly principal: Principal }
  /** Unknown person, wrong or expired password, disabled person: one answer for all, the reason is for the audit. */
  | {
      readonly outcome: 'failed';
      readonly reason: 'unknown' | 'wrong_password' | 'expired_password' | 'disabled' | 'too_long';
      /** Whose sign-in failed, when there is such a person. Never what an unknown person typed: it may be a password. */
      readonly subject?: string;
    }
  | { readonly outcome: 'throttled'; readonly retryAfterMs: number };
