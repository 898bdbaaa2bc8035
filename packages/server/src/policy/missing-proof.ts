import { provesFactor, type Role, type SignInProof } from '../core/index.ts';

/** What a sign-in lacks for a role: it is too long ago, or all that it lacks is a factor. */
export interface MissingProof {
  readonly kind: 'factor' | 'fresh_sign_in';
  /** For the person: goes behind "asks for". */
  readonly inWords: string;
  /** Whether the role asks for a factor at all, also where it is the sign-in's age that is wrong. */
  readonly factor: boolean;
  /** How old the sign-in may be where it is too old, in milliseconds. */
  readonly withinMs?: number;
}

/**
 * What the sign-in behind a request still lacks for a role; undefined when it is enough. Where nobody signed in here
 * (a workload, another issuer's token) nothing is proven, so that no such way leads around a demand.
 */
export function missingProof(
  { require }: Pick<Role, 'require'>,
  proof: SignInProof | undefined,
  now: number,
): MissingProof | undefined {
  if (require === undefined) return undefined;
  const { factor, signInWithinMs } = require;
  const lacksFactor = factor && (proof === undefined || !provesFactor(proof));
  const isStale = signInWithinMs !== undefined && (proof === undefined || proof.at + signInWithinMs < now);
  if (!lacksFactor && !isStale) return undefined;
  const wanted = [
    ...(factor ? ['a second factor'] : []),
    ...(signInWithinMs === undefined ? [] : [`a sign-in not older than ${inWords(signInWithinMs)}`]),
  ];
  return {
    kind: isStale ? 'fresh_sign_in' : 'factor',
    inWords: wanted.join(' and '),
    factor,
    ...(isStale && { withinMs: signInWithinMs }),
  };
}

function inWords(ms: number): string {
  const minutes = Math.round(ms / 60_000);
  return minutes >= 1 && minutes * 60_000 === ms
    ? `${minutes} minute${minutes === 1 ? '' : 's'}`
    : `${Math.round(ms / 1000)} seconds`;
}
