import { createPublicKey, hash, randomBytes } from 'node:crypto';
import type { Secret } from '../../../core/index.ts';
import { ed25519PublicKey, parsecKey } from '../plugins/index.ts';
import { quoted } from './identifier.ts';
import type { PasswordPlugin } from './password-plugins.ts';
import type { Product } from './product.ts';
import { sha256Crypt } from './sha256-crypt.ts';

/**
 * What the server keeps of a password, in the form that its plugin takes as it is. Made here, so that the clear
 * password never travels in a statement and never stands in a log of the server or of its replicas.
 */
export async function passwordVerifier(password: Secret, plugin: PasswordPlugin): Promise<string> {
  switch (plugin) {
    case 'caching_sha2_password':
      return cachingSha2Verifier(password);
    case 'parsec':
      return await parsecVerifier(password);
    case 'ed25519':
      return unpadded(ed25519PublicKey(password));
    case 'mysql_native_password':
      return nativeVerifier(password);
  }
}

/** The statement that sets a verifier. Each product spells it in its own way. */
export function setPasswordSql(account: string, plugin: PasswordPlugin, verifier: string): string {
  return `ALTER USER ${account} ${identifiedBy(plugin, verifier)}`;
}

/**
 * The clause that lets nobody in: its verifier is no password's. An account that waits for its first one has it, rather than
 * a lock: a lock is an administrator's, and whoever sets a password need not guess whether to open it.
 */
export const identifiedByNothing: Readonly<Record<Product, string>> = {
  mysql: identifiedBy('caching_sha2_password', `$A$005$${'.'.repeat(20 + 43)}`),
  // Not another plugin: this one every server has.
  mariadb: identifiedBy('mysql_native_password', `*${'0'.repeat(40)}`),
};

function identifiedBy(plugin: PasswordPlugin, verifier: string): string {
  return plugin === 'caching_sha2_password'
    ? `IDENTIFIED WITH ${quoted(plugin)} AS ${quoted(verifier)}`
    : `IDENTIFIED VIA ${plugin} USING ${quoted(verifier)}`;
}

/** `$A$` thousands of rounds `$` salt and digest. The salt is text here, so that no SQL mode reads it in another way. */
function cachingSha2Verifier(password: Secret): string {
  const salt = randomBytes(15).toString('base64url');
  return `$A$005$${salt}${sha256Crypt(password, salt, 5000)}`;
}

/** `P`, the logarithm of the rounds, salt and public key (MariaDB Server, plugin/auth_parsec). */
async function parsecVerifier(password: Secret): Promise<string> {
  const salt = randomBytes(18);
  const key = createPublicKey(await parsecKey(password, salt, 0));
  const spki = key.export({ format: 'der', type: 'spki' });
  return `P0:${unpadded(salt)}:${unpadded(spki.subarray(-32))}`;
}

/** SHA1(SHA1(password)). */
function nativeVerifier(password: Secret): string {
  return `*${hash('sha1', hash('sha1', password.reveal(), 'buffer'), 'hex').toUpperCase()}`;
}

function unpadded(bytes: Buffer): string {
  return bytes.toString('base64').replace(/=+$/, '');
}
