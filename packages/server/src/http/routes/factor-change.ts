import { type Clock, provesFactor, type SignInProof } from '../../core/index.ts';
import type { SecondFactors } from '../../identity/index.ts';
import type { Interaction } from '../../oauth/index.ts';

/** A stolen browser session must not be able to give its owner a factor, or to replace theirs (ASVS 7.5.1). */
export const changeWithinMs = 15 * 60_000;

/** Whether a sign-in allows to change factors: a new one, and one that proved the factor of somebody who has one. */
export function mayChangeFactors(proof: SignInProof | undefined, hasFactor: boolean, now: number): boolean {
  if (proof === undefined || proof.at + changeWithinMs < now) return false;
  return !hasFactor || provesFactor(proof);
}

/** Whether all that is missing is a factor. Whoever has none signs in anew first, unless they just did. */
export async function goesOnToFactor(
  { factors, clock }: { readonly factors: Pick<SecondFactors, 'list'>; readonly clock: Clock },
  { stronger, accountId }: Interaction,
): Promise<boolean> {
  if (stronger?.kind !== 'factor' || accountId === undefined) return false;
  const hasFactor = (await factors.list(accountId)).length > 0;
  return hasFactor || mayChangeFactors(stronger.proof, false, clock.now());
}
