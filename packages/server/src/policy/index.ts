/**
 * policy: who may act as which role. Pure and synchronous: claims in, decision out, no I/O.
 *
 * Owns: matching of allow rules, the default role, {@link decide} (the only place that mints a permit) and
 * {@link explain}. Does not own: tokens (it is told what the token covers), passwords, connections.
 *
 *   principal + database ──▶ qualifying roles ──▶ narrowed by the token ──▶ role hint ──▶ its demands of the sign-in ──▶ permit | denial
 */
export { matchRule } from './allow-rule.ts';
export { coveredRoles } from './covered-roles.ts';
export type { Decision, PolicyRequest } from './decide.ts';
export { decide } from './decide.ts';
export type { RoleExplanation } from './explain.ts';
export { explain } from './explain.ts';
export type { MissingProof } from './missing-proof.ts';
export { missingProof } from './missing-proof.ts';
export { qualifyingRoles } from './qualifying-roles.ts';
