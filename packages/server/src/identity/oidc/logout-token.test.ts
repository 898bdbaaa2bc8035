import { createLocalJWKSet, exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose';
import { describe, expect, test } from 'vitest';
import { Secret, systemClock } from '../../core/index.ts';
import { KeysUnavailable } from '../provider-tokens/issuer-keys.ts';
import { logoutTokenReader } from './logout-token.ts';

const issuer = 'https://id.example';
const event = 'http://schemas.openid.net/event/backchannel-logout';
const own = await generateKeyPair('RS256', { extractable: true });
const foreign = await generateKeyPair('RS256');
const keys = createLocalJWKSet({ keys: [{ ...(await exportJWK(own.publicKey)), kid: 'k1', alg: 'RS256' }] });
const read = logoutTokenReader({ issuer, clientId: 'grantway' }, keys, systemClock);
const now = Math.floor(Date.now() / 1000);

interface Made {
  readonly claims?: Readonly<Record<string, unknown>>;
  readonly typ?: string | undefined;
  readonly key?: typeof own.privateKey;
}

function token({ claims = {}, typ = 'logout+jwt', key = own.privateKey }: Made = {}): Promise<string> {
  const payload: JWTPayload = {
    iss: issuer,
    aud: 'grantway',
    sub: 'u-7',
    iat: now,
    exp: now + 120,
    jti: 'once',
    events: { [event]: {} },
    ...claims,
  };
  for (const [name, value] of Object.entries(payload)) if (value === undefined) delete payload[name];
  return new SignJWT(payload).setProtectedHeader({ alg: 'RS256', kid: 'k1', typ }).sign(key);
}

describe('a logout token', () => {
  test.each<readonly [string, Made, object]>([
    ['of a subject', {}, { subject: 'u-7', tokenId: 'once', expiresAt: (now + 120) * 1000 }],
    ['of a session', { claims: { sub: undefined, sid: 's-1' } }, { sessionId: 's-1' }],
    ['of both', { claims: { sid: 's-1' } }, { subject: 'u-7', sessionId: 's-1' }],
    ['of the general kind', { typ: 'JWT' }, { subject: 'u-7' }],
    ['without an end, while it is new', { claims: { exp: undefined } }, { subject: 'u-7' }],
  ])('%s is read', async (_, made, expected) => {
    expect(await read(new Secret(await token(made)))).toMatchObject({ outcome: 'genuine', ...expected });
  });

  test.each<readonly [string, Made]>([
    ['a signature of somebody else', { key: foreign.privateKey }],
    ['another issuer', { claims: { iss: 'https://elsewhere.example' } }],
    ['another audience', { claims: { aud: 'other' } }],
    ['a nonce, as an ID token', { claims: { nonce: 'n' } }],
    ['no events', { claims: { events: undefined } }],
    ['another event', { claims: { events: { 'https://elsewhere.example/event': {} } } }],
    ['an event that is no object', { claims: { events: { [event]: true } } }],
    ['events that are a text', { claims: { events: event } }],
    ['neither sub nor sid', { claims: { sub: undefined } }],
    ['a sub that is no text', { claims: { sub: 7 } }],
    ['an empty sid', { claims: { sid: '' } }],
    ['no jti', { claims: { jti: undefined } }],
    ['an empty jti', { claims: { jti: '' } }],
    ['no iat', { claims: { iat: undefined } }],
    ['an end that is past', { claims: { iat: now - 4000, exp: now - 3600 } }],
    ['no end, and an age', { claims: { iat: now - 3600, exp: undefined } }],
    ['a time in the future', { claims: { iat: now + 3600, exp: now + 4000 } }],
    ['the kind of an access token', { typ: 'at+jwt' }],
  ])('with %s is refused', async (_, made) => {
    expect(await read(new Secret(await token(made)))).toMatchObject({
      outcome: 'refused',
      reason: 'not_genuine',
    });
  });

  test('that is none at all is refused', async () => {
    for (const given of ['', 'x', 'a.b.c', `${await token()}x`, (await token()).replace(/\.[^.]+$/, '.')])
      expect(await read(new Secret(given))).toMatchObject({ outcome: 'refused' });
  });

  test('is refused, and that is said, while the keys of the provider cannot be had', async () => {
    const down = logoutTokenReader(
      { issuer, clientId: 'grantway' },
      () => Promise.reject(new KeysUnavailable('down')),
      systemClock,
    );
    expect(await down(new Secret(await token()))).toMatchObject({
      outcome: 'refused',
      reason: 'unavailable',
    });
  });
});
