/**
 * provider-tokens: somebody who shows a token that another issuer signed, instead of signing in here.
 *
 * Owns: which issuers are trusted, their keys and when they are read, what a token must say to be genuine, and whom it
 * speaks of: a person of a sign-in method, or a workload of the config. Does not own: what the token is then good for
 * (oauth, policy), how long it counts once.
 *
 *   token ─▶ issuer, as a key of the map alone ─▶ its keys ─▶ signature, times ─▶ SignedClaims
 *   SignedClaims ─▶ personOf (audience, claim mapping)  |  workloadOf (audience, claims by rule)
 */

export { subjectOfToken } from './subject-of-token.ts';
export { looksLikeJwt, type SignedClaims, type TokenProof, trustedIssuers } from './trusted-issuers.ts';
