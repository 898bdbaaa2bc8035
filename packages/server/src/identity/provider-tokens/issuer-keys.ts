import { readFile } from 'node:fs/promises';
import { createLocalJWKSet, errors, type JSONWebKeySet, type JWTVerifyGetKey } from 'jose';
import { z } from 'zod';
import type { Clock } from '../../core/index.ts';

/** The most that one request to an issuer may take. */
const timeoutMs = 5_000;
/** The most bytes of metadata or of keys. */
const mostBytes = 512 * 1024;
/** The most keys that are looked through for one token. */
const mostKeys = 100;
/** Keys are read again after this. */
const freshMs = 10 * 60_000;
/**
 * While the issuer is down the keys that are known serve on for this long: whoever keeps us from the issuer must not keep
 * a key alive for ever that it withdrew.
 */
const staleMs = 24 * 60 * 60_000;
/** Nobody asks an issuer more often than this, whatever key ids tokens name. */
const coolDownMs = 30_000;

const metadataShape = z.object({ issuer: z.string(), jwks_uri: z.url() });
const keysShape = z.object({ keys: z.array(z.looseObject({ kty: z.string() })).max(mostKeys) });

/** The issuer's keys cannot be had, so nothing that it signed can be told from anything else. */
export class KeysUnavailable extends Error {
  override readonly name = 'KeysUnavailable';
}

/**
 * The public keys of one issuer, from a file or from where its metadata say (OpenID Connect Discovery 1.0, section 3).
 * A key id is only what the keys are looked through for: it leads to at most one reading a cool-down, and no address in
 * a token is ever asked.
 *
 * @throws KeysUnavailable; errors.JWKSNoMatchingKey and its kin of the library
 */
export function issuerKeys(issuer: string, file: string | undefined, clock: Clock): JWTVerifyGetKey {
  let known: { readonly keys: JWTVerifyGetKey; readonly readAt: number } | undefined;
  let askedAt = Number.NEGATIVE_INFINITY;
  let reading: Promise<void> | undefined;

  async function read(): Promise<void> {
    askedAt = clock.now();
    const text = file === undefined ? await fetchKeys(issuer) : await readFile(file, 'utf8');
    const keys = createLocalJWKSet(keysShape.parse(JSON.parse(text)) as JSONWebKeySet);
    known = { keys, readAt: clock.now() };
  }

  /** Reads again, unless somebody did a moment ago. Never rejects: what is known stays good. */
  async function readAgain(): Promise<unknown> {
    if (reading === undefined && clock.now() - askedAt < coolDownMs) return undefined;
    reading ??= read().finally(() => {
      reading = undefined;
    });
    return await reading.then(
      () => undefined,
      (cause) => cause,
    );
  }

  return async (header, token) => {
    const stale = known === undefined || clock.now() - known.readAt >= freshMs;
    const failure = stale ? await readAgain() : undefined;
    if (known === undefined || clock.now() - known.readAt >= staleMs)
      throw new KeysUnavailable('the keys cannot be read', { cause: failure });
    const { keys } = known;
    try {
      return await keys(header, token);
    } catch (thrown) {
      if (!(thrown instanceof errors.JWKSNoMatchingKey)) throw thrown;
      await readAgain();
      if (known.keys === keys) throw thrown;
      return await known.keys(header, token);
    }
  };
}

async function fetchKeys(issuer: string): Promise<string> {
  const metadata = await fetchText(`${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`);
  const { issuer: named, jwks_uri } = metadataShape.parse(JSON.parse(metadata));
  if (named !== issuer) throw new Error('the metadata are of another issuer');
  // Keys that came in the clear would be anybody's; an issuer on loopback is for trying out.
  if (new URL(jwks_uri).protocol !== 'https:' && new URL(issuer).protocol === 'https:')
    throw new Error('the keys are not at an https address');
  return await fetchText(jwks_uri);
}

async function fetchText(address: string): Promise<string> {
  const answer = await fetch(address, {
    redirect: 'error',
    headers: { accept: 'application/json' },
    signal: AbortSignal.timeout(timeoutMs),
  });
  if (!answer.ok || answer.body === null) {
    await answer.body?.cancel();
    throw new Error(`${new URL(address).origin} answered ${answer.status}`);
  }
  const parts: Uint8Array[] = [];
  let bytes = 0;
  for await (const part of answer.body) {
    bytes += part.length;
    if (bytes > mostBytes) throw new Error(`${new URL(address).origin} answered too much`);
    parts.push(part);
  }
  return Buffer.concat(parts).toString();
}
