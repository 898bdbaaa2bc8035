/**
 * core: the nouns that every other folder shares, and the pure parts that need nothing else.
 *
 * Owns: who calls ({@link Principal}), what is called ({@link Database}, {@link Role}), the proof that the two
 * may meet ({@link Permit}), secrets that cannot be printed ({@link Secret}), the one table of refusals
 * ({@link refusals}), the list of commands that nobody gets ({@link deniedCommands}), time ({@link Clock}) and identifiers.
 * Does not own: any I/O, any rule about who may do what, any wire format. It imports nothing of ours.
 */
export type { AclRules } from './acl-rules.ts';
export { aclCategories, readAclRules } from './acl-rules.ts';
export type { CertificateField, ClientCertificate } from './client-certificate.ts';
export { certificateFields, certificateId } from './client-certificate.ts';
export type { Clock } from './clock.ts';
export { systemClock } from './clock.ts';
export type {
  AllowRule,
  AwsAccess,
  CloudAccess,
  Database,
  EngineName,
  IdentityTokenAccess,
  ManagedGrants,
  PoolSettings,
  Role,
  RoleDemand,
  SentinelAccess,
  UpstreamTls,
} from './database.ts';
export { takesIssuedLogin } from './database.ts';
export { allowingCommand, deniedCommands, isDenied } from './denied-commands.ts';
export { hideSecrets } from './hide-secrets.ts';
export type { IdentityToken } from './identity-token.ts';
export { hashSecret, newId, newUuid } from './ids.ts';
export { network } from './network.ts';
export { OngoingProblem } from './ongoing-problem.ts';
export type { Permit } from './permit.ts';
export { assertPermit, mintPermit } from './permit.ts';
export { isPlainHost } from './plain-host.ts';
export type { ClaimValue, Principal } from './principal.ts';
export { parsePrincipalId, principalId } from './principal.ts';
export type { RefusalCode } from './refusal.ts';
export { Refusal, toRefusal } from './refusal.ts';
export { refusals } from './refusals/index.ts';
export type { SecretSource } from './secret.ts';
export { Secret } from './secret.ts';
export type { ProvenSignIn, SignInProof, SignInWish } from './sign-in-proof.ts';
export { noWish, provesFactor, withFactor } from './sign-in-proof.ts';
export { systemReason } from './system-reason.ts';
