import { provesFactor, type SignInProof } from '../../core/index.ts';

/** A stolen browser session must not be able to give its owner a factor, or to replace theirs (ASVS 7.5.1). */
const changeWithinMs = 15 * 60_000;

/** Whether a sign-in allows to change factors: a new one, and one that proved the factor of somebody who has one. */
export function mayChangeFactors(proof: SignInProof | undefined, hasFactor: boolean, now: number): boolean {
  if (proof === undefined || proof.at + changeWithinMs < now) return false;
  return !hasFactor || provesFactor(proof);
}
