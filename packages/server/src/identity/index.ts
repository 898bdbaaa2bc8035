/**
 * identity: proving who somebody is.
 *
 * Owns: the seam {@link SignInMethod} and one folder per method, each ending in a principal. Does not own: rights
 * (policy), browser sessions (oauth), the pages that ask (http).
 *
 *   user name + password ─▶ throttle ─┬▶ local/ ─▶ argon2id ───────────────┐
 *                                     └▶ ldap/ ─▶ bind over TLS ─▶ groups ──┤
 *   browser ─▶ provider ─▶ oidc/, saml/ ─▶ checked answer ─▶ principalFromClaims ─┴─▶ proven: principal | first_secret | failed | throttled
 *   certificate in a TLS handshake ─▶ certificate/ ─▶ a person or a program by its subject
 *   code of an app, passkey, recovery code ─▶ factors/ ─▶ proven once | failed | throttled
 *   token of another issuer ─▶ provider-tokens/ ─▶ signature, audience ─▶ a person, or a workload of the config
 */

export { ClientCertificates, principalOfCertificate } from './certificate/index.ts';
export {
  type FactorSecrets,
  type NewApp,
  newApp,
  orphanedAppKeys,
  type Passkeys,
  passkeys,
  type SecondFactors,
  secondFactors,
} from './factors/index.ts';
export { ldapMethod } from './ldap/index.ts';
export {
  hashPassword,
  invitationLink,
  invitationPath,
  localMethod,
  newPasswordLength,
  syncConfiguredUsers,
} from './local/index.ts';
export { oidcMethod } from './oidc/index.ts';
export { principalOf } from './principal-of.ts';
export {
  looksLikeJwt,
  type SignedClaims,
  subjectOfToken,
  type TokenProof,
  trustedIssuers,
} from './provider-tokens/index.ts';
export { samlMethod } from './saml/index.ts';
export type {
  CarriedSignOut,
  LogoutToken,
  PasswordAttempt,
  PasswordChanges,
  PasswordFault,
  PasswordMethod,
  PasswordProof,
  PostedAnswers,
  ProviderFailure,
  ProviderLink,
  ProviderSession,
  RedirectMemory,
  RedirectMethod,
  RedirectOutcome,
  Reread,
  SignInFailure,
  SignInMethod,
  SignInOutcome,
  SignOutMessage,
  SignOutThere,
  TokenAnswer,
} from './sign-in-method.ts';
export { signInStands } from './sign-in-stands.ts';
export { throttleLimits } from './throttle.ts';
