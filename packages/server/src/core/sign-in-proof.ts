import type { Principal } from './principal.ts';

/**
 * What a person's sign-in proved, beside who they are. It goes from the sign-in into the browser session and from there
 * into every token, so that each door can hold a role's demands against it (docs/adr on what a session proved).
 */
export interface SignInProof {
  /**
   * How, in the words of RFC 8176: `pwd`, `otp` (from an app, or a recovery code), `pop` (a passkey), `fed` (what a
   * provider said; ours, since that registry has none), and `mfa` where a second factor was proven.
   */
  readonly methods: readonly string[];
  /** When the person themselves took part, in wall-clock milliseconds. */
  readonly at: number;
}

/** Somebody who proved who they are. They get a session unless their sign-ins were ended since it began. */
export interface ProvenSignIn {
  readonly principal: Principal;
  readonly proof: SignInProof;
  /** When the first thing of it was looked at, by `people.signInMark` of the store. */
  readonly mark: number;
}

/** What a sign-in should prove, as far as whoever signs people in can be asked for it. */
export interface SignInWish {
  /** More than one factor. */
  readonly factor: boolean;
  /** That the person takes part anew, whatever session they have. */
  readonly anew: boolean;
  /** That they took part not longer ago than this, in milliseconds. */
  readonly withinMs?: number | undefined;
}

/** A sign-in as it comes. */
export const noWish: SignInWish = { factor: false, anew: false };

/** Whether more than one factor was proven. */
export function provesFactor({ methods }: SignInProof): boolean {
  return methods.includes('mfa');
}

/**
 * A first step and a second one of another kind, taken together. The time stays that of the first: adding a factor to an
 * old sign-in does not make it a new one.
 */
export function withFactor(first: SignInProof, method: 'otp' | 'pop'): SignInProof {
  return { methods: [...new Set([...first.methods, method, 'mfa'])], at: first.at };
}
