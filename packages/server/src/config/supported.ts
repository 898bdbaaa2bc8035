import type { EngineName, PoolSettings } from '../core/index.ts';

/** The database protocols. */
export const engineNames: readonly EngineName[] = ['postgres', 'mysql', 'redis', 'redshift'];

/** Engines whose databases have numbers and no names. */
export const numberedEngines: readonly EngineName[] = ['redis'];

/** Engines of which Grantway refuses some commands by itself. */
export const commandEngines: readonly EngineName[] = ['redis'];

/** Engines whose rights are lists of ACL rules. */
export const aclEngines: readonly EngineName[] = ['redis'];

/** Engines whose servers may ask a client for one of its files. */
export const localInfileEngines: readonly EngineName[] = ['mysql'];

/** Engines whose passwords come from the cloud that runs them. */
export const cloudEngines: readonly EngineName[] = ['redis'];

/** Engines whose logins AWS can issue. */
export const awsEngines: readonly EngineName[] = ['redshift'];

/** Engines that take tokens of people's identity providers. */
export const identityTokenEngines: readonly EngineName[] = ['redshift'];

/** Kinds of sign-in method that this version has. */
export const supportedSignInKinds: readonly string[] = ['local', 'oidc', 'saml', 'ldap', 'certificate'];

/** Ways to pool that this version has. */
export const supportedPoolModes = [
  'session',
  'multiplexed',
] as const satisfies readonly PoolSettings['mode'][];

/** Those that each engine has: where many clients can share one connection, and where not. */
export const poolModes: Readonly<Record<EngineName, readonly PoolSettings['mode'][]>> = {
  postgres: ['session'],
  mysql: ['session'],
  redis: supportedPoolModes,
  redshift: ['session'],
};

/** Ways to pool that a config may name one day. */
export const knownPoolModes: readonly PoolSettings['mode'][] = ['session', 'transaction', 'multiplexed'];

/** Those whose servers have Sentinels that say which of them is the primary. */
export const sentinelEngines: readonly EngineName[] = ['redis'];

/** Those whose servers can share the keys of one database. */
export const clusterEngines: readonly EngineName[] = ['redis'];
