import { calculateJwkThumbprint, exportJWK, generateKeyPair } from 'jose';
import { z } from 'zod';
import { Secret } from '../../core/index.ts';
import type { Vault } from '../../vault/index.ts';
import type { KeyTimes } from './schedule.ts';

const kind = 'oauth-signing-keys';
/** Under this id the one key of a store was kept that no rotation has seen. */
const firstEver = 'current';

const base64url = z.string().min(1);
const rsaShape = z.object({
  kty: z.literal('RSA'),
  n: base64url,
  e: base64url,
  d: base64url,
  p: base64url,
  q: base64url,
  dp: base64url,
  dq: base64url,
  qi: base64url,
});
const keptShape = z.object({
  jwk: rsaShape,
  signsFrom: z.number(),
  replacesAll: z.boolean(),
});
const firstEverShape = z.object({ keys: z.tuple([rsaShape]) });

/** A signing key with its private half. RS256 is what a client gets that registered nothing (OpenID Connect Registration 1.0, section 2). */
export interface KeptKey extends KeyTimes {
  readonly jwk: z.infer<typeof rsaShape> & {
    /** The thumbprint of the public half (RFC 7638). */
    readonly kid: string;
    readonly alg: 'RS256';
    readonly use: 'sig';
  };
}

/** All keys that are kept, oldest first. @throws on one that was altered */
export async function readKeys(vault: Vault): Promise<readonly KeptKey[]> {
  const kept = await vault.openAll(kind);
  const keys = await Promise.all([...kept].map(([id, sealed]) => parseKey(id, sealed)));
  return keys.toSorted((a, b) => a.order - b.order);
}

/** Makes a key that nobody has yet. */
export async function newKey(times: KeyTimes): Promise<KeptKey> {
  const { privateKey } = await generateKeyPair('RS256', { extractable: true });
  return { ...times, jwk: await withId(rsaShape.parse(await exportJWK(privateKey))) };
}

/** Keeps a key, and with that publishes it. False: another process has made one of this number. */
export async function keepKey(
  vault: Vault,
  { order, jwk, signsFrom, replacesAll }: KeptKey,
): Promise<boolean> {
  const kept: z.input<typeof keptShape> = { jwk, signsFrom, replacesAll };
  return await vault.add(kind, String(order), new Secret(JSON.stringify(kept)));
}

/** Forgets a key. */
export async function removeKey(vault: Vault, { order }: KeyTimes): Promise<void> {
  await vault.remove(kind, order === 0 ? firstEver : String(order));
}

async function parseKey(id: string, sealed: Secret): Promise<KeptKey> {
  const content: unknown = JSON.parse(sealed.reveal());
  if (id !== firstEver) {
    const { jwk, ...times } = keptShape.parse(content);
    return { ...times, order: Number(id), jwk: await withId(jwk) };
  }
  const [jwk] = firstEverShape.parse(content).keys;
  // Nobody wrote down how old it is, so its time has come.
  return { order: 0, signsFrom: 0, replacesAll: false, jwk: await withId(jwk) };
}

async function withId(jwk: z.infer<typeof rsaShape>): Promise<KeptKey['jwk']> {
  return { ...jwk, kid: await calculateJwkThumbprint(jwk), alg: 'RS256', use: 'sig' };
}
