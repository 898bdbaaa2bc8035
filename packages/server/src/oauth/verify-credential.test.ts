import { describe, expect, it } from 'vitest';
import { type ClientCertificate, hashSecret, Secret } from '../core/index.ts';
import type { TokenVerdict } from './authorization-server.ts';
import { viewer } from './testing/index.ts';
import { credentialVerifier } from './verify-credential.ts';

const own = `gwt_${'x'.repeat(43)}`;
const bound = `gwt_${'b'.repeat(43)}`;
const jwt = 'eyJhbGciOiJSUzI1NiJ9.e30.c2lnbmF0dXJl';
const asked = {
  engine: 'postgres',
  database: 'authdb',
  user: 'viewer@example.com',
  person: { remoteAddress: '127.0.0.1', requestId: 'r' },
} as const;

const certificate = (thumbprint: string, trusted: boolean): ClientCertificate => ({
  trusted,
  thumbprint,
  pem: '',
  fields: new Map(),
  path: [],
});

const verdict = (boundTo?: string): TokenVerdict => ({
  outcome: 'valid',
  token: {
    tokenHash: 'hash',
    principal: viewer,
    proof: undefined,
    clientId: 'acme-bi',
    consentId: 'consent',
    database: 'authdb',
    roles: [],
    scopes: [],
    expiresAt: 1,
    ...(boundTo !== undefined && { boundTo }),
  },
});

/** Which of the ways a credential was shown to. */
function ways() {
  const shown: string[] = [];
  const credential = credentialVerifier({
    stored: async (hash) => {
      shown.push('stored');
      return verdict(hash === hashSecret(bound) ? 'mine' : undefined);
    },
    signedForms: { read: async () => ({ outcome: 'ours', tokenHash: hashSecret(bound) }) },
    direct: async () => {
      shown.push('direct');
      return verdict();
    },
    passwords: async () => {
      shown.push('passwords');
      return verdict();
    },
    byCertificate: async () => {
      shown.push('certificate');
      return verdict();
    },
  });
  return { shown, credential };
}

describe('a token that is bound to a certificate', () => {
  it.each([
    ['its certificate', certificate('mine', false), 'valid'],
    ['another one', certificate('theirs', true), 'invalid'],
    ['none', undefined, 'invalid'],
  ])('with %s', async (_what, given, outcome) => {
    const { credential } = ways();
    for (const text of [bound, jwt])
      expect(await credential(new Secret(text), asked, given)).toMatchObject({ outcome });
  });

  it('says nothing of those that are bound to none', async () => {
    expect(await ways().credential(new Secret(own), asked)).toMatchObject({ outcome: 'valid' });
  });
});

describe('what stands in the place of a password', () => {
  const trusted = certificate('mine', true);
  const untrusted = certificate('mine', false);
  it.each([
    ['a token of ours is looked for here alone', own, asked, trusted, ['stored']],
    ['a refresh token of ours is shown to no directory', `gwr_${'x'.repeat(43)}`, asked, undefined, []],
    ['half a token of ours neither', own.slice(0, 20), asked, undefined, []],
    ['anything else is a directory’s password', 'a password', asked, undefined, ['passwords']],
    ['a certificate that signs in comes before it', 'a password', asked, trusted, ['certificate']],
    ['one that does not comes after it', 'a password', asked, untrusted, ['passwords']],
    ['nothing at all is no password', '', asked, undefined, []],
    ['nowhere in particular nothing but a token counts', 'a password', undefined, trusted, []],
  ] as const)('%s', async (_what, text, at, given, expected) => {
    const { credential, shown } = ways();
    await credential(new Secret(text), at, given);
    expect(shown).toEqual(expected);
  });
});
