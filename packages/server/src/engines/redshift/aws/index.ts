/**
 * engines/redshift/aws: logins that AWS issues for a while.
 *
 * Owns: which AWS identity asks ({@link awsClientConfig}), the three calls for a login, keeping one until shortly before
 * it ends ({@link TemporaryLogins}), what AWS's errors mean. Does not own: signing, retries and the credential chain,
 * which are the AWS SDK's; connecting (the engine); who may be which role (policy).
 *
 *   permit ─▶ dbUserOf ─▶ TemporaryLogins ─▶ requestLogin ─▶ GetClusterCredentials · …WithIAM · GetCredentials
 *                            │ kept, one call at a time          ▲ default chain, or AssumeRole for the role
 */
export { awsClientConfig } from './aws-client-config.ts';
export { awsRefusal } from './aws-refusal.ts';
export { dbUserOf } from './db-user.ts';
export { awsOf, type LoginGrantee } from './login-grantee.ts';
export { TemporaryLogins } from './temporary-logins.ts';
