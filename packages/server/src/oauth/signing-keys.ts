import { exportJWK, generateKeyPair } from 'jose';
import type { JWKS } from 'oidc-provider';
import { Secret } from '../core/index.ts';
import type { Vault } from '../vault/vault.ts';

const kind = 'oauth-signing-keys';
const id = 'current';

/**
 * The keys that sign ID tokens, out of the vault; made at the first start. RS256 is what a client gets that
 * registered nothing (OpenID Connect Registration 1.0, section 2).
 */
export async function signingKeys(vault: Vault): Promise<JWKS> {
  if ((await vault.open(kind, id)) === undefined) {
    const { privateKey } = await generateKeyPair('RS256', { extractable: true });
    const keys: JWKS = { keys: [{ ...(await exportJWK(privateKey)), alg: 'RS256', use: 'sig', kty: 'RSA' }] };
    await vault.put(kind, id, new Secret(JSON.stringify(keys)));
  }
  // Read back, so that gateways that started at the same moment agree on the key that stayed.
  const kept = await vault.open(kind, id);
  if (kept === undefined) throw new Error('the vault did not keep the signing keys');
  return JSON.parse(kept.reveal());
}
