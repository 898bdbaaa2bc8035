import { setTimeout as sleep } from 'node:timers/promises';
import { exportJWK, generateKeyPair } from 'jose';
import type { JWKS } from 'oidc-provider';
import { type Clock, newUuid, Secret } from '../core/index.ts';
import type { Store } from '../store/index.ts';
import type { Vault } from '../vault/vault.ts';

const kind = 'oauth-signing-keys';
const id = 'current';
const leaseMs = 30_000;
const pollMs = 100;

/**
 * The keys that sign ID tokens, out of the vault. The first start makes them, under a lease, so that gateways that
 * start at the same moment agree. RS256 is what a client gets that registered nothing (OpenID Connect Registration
 * 1.0, section 2).
 */
export async function signingKeys(vault: Vault, store: Pick<Store, 'locks'>, clock: Clock): Promise<JWKS> {
  const owner = newUuid();
  for (;;) {
    const kept = await vault.open(kind, id);
    if (kept !== undefined) return JSON.parse(kept.reveal());
    const now = clock.now();
    if (!(await store.locks.acquire(kind, owner, now + leaseMs, now))) {
      await sleep(pollMs);
      continue;
    }
    // Somebody may have made them between the look and the lease.
    if ((await vault.open(kind, id)) === undefined) await vault.put(kind, id, await newKeys());
    await store.locks.release(kind, owner);
  }
}

async function newKeys(): Promise<Secret> {
  const { privateKey } = await generateKeyPair('RS256', { extractable: true });
  const keys: JWKS = { keys: [{ ...(await exportJWK(privateKey)), alg: 'RS256', use: 'sig', kty: 'RSA' }] };
  return new Secret(JSON.stringify(keys));
}
