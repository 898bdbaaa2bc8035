import { type Config, type WorkloadConfig, workloadMethod } from '../../config/index.ts';
import { type ClaimValue, noWish, type SignInProof } from '../../core/index.ts';
import { attestedProof, signInWords } from '../attested-proof.ts';
import { type ClaimsReading, type ProvenClaims, principalFromClaims } from '../principal-from-claims.ts';
import type { SignedClaims } from './trusted-issuers.ts';

/** Whom a genuine token speaks of. */
export type SubjectOfToken =
  | (Extract<ClaimsReading, { outcome: 'read' }> &
      (
        | { readonly is: 'workload' }
        /** What the provider says of the sign-in behind the token. */
        | { readonly is: 'person'; readonly proof: SignInProof }
      ))
  | { readonly outcome: 'nobody'; readonly detail: string };

/**
 * The person of the first sign-in method, or the first workload, that this token fits: issuer, audience and, for a
 * workload, every claim of its rule. A token that is meant for nobody of these is not for us, however genuine it is. What
 * it says of a person counts as long as a sign-in does. `now` is in wall-clock milliseconds.
 */
export function subjectOfToken(
  signed: SignedClaims,
  { signIn, workloads }: Pick<Config, 'signIn' | 'workloads'>,
  now: number,
): SubjectOfToken {
  for (const method of signIn) {
    if (method.kind !== 'oidc' || method.issuer !== signed.issuer) continue;
    if (!meantFor(signed, method.directAudiences ?? [])) continue;
    if (signed.issuedAt * 1000 + method.signInEveryMs <= now)
      return { outcome: 'nobody', detail: 'it is older than a sign-in may be' };
    const reading = principalFromClaims(method.name, signed.claims, method.claims);
    if (reading.outcome === 'unusable') return { outcome: 'nobody', detail: reading.detail };
    const proof = attestedProof(signInWords(signed.claims), method.secondFactor, noWish, now);
    return { ...reading, is: 'person', proof };
  }
  const workload = workloads.find(
    (one) => one.issuer === signed.issuer && meantFor(signed, [one.audience]) && fits(signed.claims, one),
  );
  if (workload === undefined)
    return { outcome: 'nobody', detail: 'no audience, or no claims, of the config' };
  return {
    outcome: 'read',
    is: 'workload',
    principal: {
      method: workloadMethod,
      subject: workload.name,
      displayName: workload.name,
      groups: workload.groups,
      claims: claimsByRule(workload),
    },
  };
}

/** For one audience, or for several of which the token was given to a trusted one. */
function meantFor({ audiences, claims }: SignedClaims, trusted: readonly string[]): boolean {
  const holder = audiences.length === 1 ? audiences[0] : claims.azp;
  return trusted.some((one) => audiences.includes(one)) && trusted.some((one) => one === holder);
}

function fits(claims: ProvenClaims, { claims: wanted }: WorkloadConfig): boolean {
  return Object.entries(wanted).every(([name, pattern]) => {
    const value = Object.hasOwn(claims, name) ? claims[name] : undefined;
    const isPlain = typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
    return isPlain && matches(String(value), pattern);
  });
}

/**
 * What policy may compare: the claims that the rule gives in full, and nothing else of a platform's token. A claim with a
 * `*` differs between jobs, which run at the same time as one workload: one of them must not get what another's claim says.
 */
function claimsByRule({ claims: wanted }: WorkloadConfig): Record<string, ClaimValue> {
  return Object.fromEntries(Object.entries(wanted).filter(([, pattern]) => !pattern.includes('*')));
}

/** `*` stands for any characters. Each part is looked for behind the one before, so it takes no longer than the text is. */
function matches(value: string, pattern: string): boolean {
  const [first = '', ...rest] = pattern.split('*');
  const last = rest.pop();
  if (last === undefined) return value === first;
  if (!value.startsWith(first)) return false;
  let at = first.length;
  for (const part of rest) {
    const found = value.indexOf(part, at);
    if (found === -1) return false;
    at = found + part.length;
  }
  return value.length - last.length >= at && value.endsWith(last);
}
