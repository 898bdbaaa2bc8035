/**
 * vault: secrets at rest, and where secrets come from.
 *
 * Owns: envelopes (AES-256-GCM, a data key for each record), the keyring and its rotation, the master key, secret
 * references of the config file, the passwords of the roles' logins and their rotation.
 * Does not own: hashes of tokens and people's passwords (oauth, identity), how a server is told a password (engines).
 *
 *   master key ─▶ keyring (key versions) ─▶ data key of a record ─▶ secret        all sealed in the store
 *   env:NAME · file:PATH ─▶ SecretSource ─┐
 *                           Vault ────────┴─▶ RoleSecrets ─┬─▶ upstreamCredentials ─▶ candidates of a session
 *                              an issuer of an engine ─┘            rotateRole ─▶ next one
 */
export { changeMasterKey } from './keyring.ts';
export { createMasterKey, loadMasterKey } from './master-key.ts';
export { openVault } from './open-vault.ts';
export { RoleSecrets } from './role-secrets.ts';
export type { KeyRotation } from './rotate-keys.ts';
export { rotateKeys } from './rotate-keys.ts';
export type { RoleRotation, Rotation } from './rotate-role.ts';
export { isLockedOut, replaceRefusedSecret, rotateRole } from './rotate-role.ts';
export { secretSource } from './secret-source.ts';
export { upstreamCredentials } from './upstream-credentials.ts';
export type { LoginCandidate, SecretSource, UpstreamCredentials, Vault } from './vault.ts';
