import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Config } from '../config/index.ts';
import { hashSecret, principalId } from '../core/index.ts';
import { SettableClock } from '../store/conformance/settable-clock.ts';
import { openStore, type Store } from '../store/index.ts';
import { testConfig, viewer } from './testing/index.ts';
import { tokenVerifier } from './verify-token.ts';

const issuer = 'https://access.example.com';
const token = hashSecret('gwt_of_this_test');
const person = principalId(viewer);
const consent = 'a-consent';

let folder: string;
let store: Store;
let clock: SettableClock;
let config: Config;

/** A token of the viewer for `authdb`, through `acme-bi`, with everything that it needs. */
beforeEach(async () => {
  clock = new SettableClock();
  folder = await mkdtemp(join(tmpdir(), 'grantway-verify-token-'));
  const path = join(folder, 'grantway.db');
  config = testConfig(issuer, path);
  store = await openStore({ kind: 'sqlite', path }, clock);
  for (const id of ['acme-bi', 'other-app'])
    await store.clients.put({ id, origin: 'command', metadata: { client_name: id } }, clock.now());
  for (const id of [person, 'local:mallory'])
    await store.people.put({ id, displayName: id, groups: ['viewer'], claims: {} }, clock.now());
  await grant({});
  await issue({});
});
afterEach(async () => {
  await store.close();
  await rm(folder, { recursive: true });
});

const grant = (changed: { readonly accountId?: string; readonly clientId?: string }) =>
  store.artifacts.upsert({
    model: 'Grant',
    idHash: hashSecret(consent),
    payload: { jti: consent },
    accountId: person,
    clientId: 'acme-bi',
    ...changed,
  });

const issue = (changed: Readonly<Record<string, unknown>>) =>
  store.artifacts.upsert({
    model: 'AccessToken',
    idHash: token,
    payload: {
      kind: 'AccessToken',
      exp: clock.now() / 1000 + 900,
      scope: 'openid db:authdb:readonly',
      aud: `${issuer}/db/authdb`,
      ...changed,
    },
    accountId: person,
    clientId: 'acme-bi',
    grantId: consent,
  });

const verified = (hash = token) => tokenVerifier(() => config, store, clock)(hash);

describe('an access token', () => {
  it('is its person’s, for its client and database, until it expires', async () => {
    expect(await verified()).toMatchObject({
      outcome: 'valid',
      token: {
        tokenHash: token,
        principal: { subject: viewer.subject, groups: ['viewer'] },
        clientId: 'acme-bi',
        consentId: consent,
        database: 'authdb',
        roles: ['readonly'],
      },
    });
    clock.advance(900_000 - 1);
    expect(await verified()).toMatchObject({ outcome: 'valid' });
    clock.advance(1);
    expect(await verified()).toEqual({ outcome: 'invalid', reason: 'expired' });
  });

  const spoilt: readonly (readonly [what: string, reason: string, spoil: () => Promise<unknown>])[] = [
    ['is unknown', 'unknown', () => store.artifacts.destroy('AccessToken', token)],
    ['says no end', 'unknown', () => issue({ exp: undefined })],
    ['has an end that is text', 'unknown', () => issue({ exp: '99999999999' })],
    ['lost its consent', 'unknown', () => store.artifacts.destroy('Grant', hashSecret(consent))],
    ['has a consent of another person', 'unknown', () => grant({ accountId: 'local:mallory' })],
    ['has a consent for another application', 'unknown', () => grant({ clientId: 'other-app' })],
    ['is of an application that is disabled', 'client_disabled', () => store.clients.disable('acme-bi')],
    ['is of an application that is gone', 'client_disabled', () => store.clients.remove('acme-bi')],
    ['is of a person who is disabled', 'person_disabled', () => store.people.disable(person)],
    ['is of a person who is gone', 'person_disabled', () => store.people.remove(person)],
    ['is for a database that is gone', 'no_database', () => issue({ aud: `${issuer}/db/gone` })],
    ['is for another issuer', 'no_database', () => issue({ aud: 'https://evil.example/db/authdb' })],
    [
      'is for several databases',
      'no_database',
      () => issue({ aud: [`${issuer}/db/authdb`, `${issuer}/db/sales`] }),
    ],
    ['has scopes of another database alone', 'no_database', () => issue({ scope: 'db:sales:readonly' })],
    ['has no scope', 'no_database', () => issue({ scope: undefined })],
  ];
  it.each(spoilt)('that %s opens nothing: %s', async (_what, reason, spoil) => {
    await spoil();
    expect(await verified()).toEqual({ outcome: 'invalid', reason });
  });

  it('gives the roles of its own database, whichever its scopes name first', async () => {
    await issue({ scope: 'db:sales:readonly db:authdb:admin' });
    expect(await verified()).toMatchObject({
      outcome: 'valid',
      token: { database: 'authdb', roles: ['admin'] },
    });
  });

  it('asks the provider of its person anew before it believes the groups', async () => {
    const asked: string[] = [];
    const renew = async (id: string) => {
      asked.push(id);
      await store.people.put({ id, displayName: id, groups: ['left'], claims: {} }, clock.now());
    };
    const verdict = await tokenVerifier(() => config, store, clock, { renew })(token);
    expect(asked).toEqual([person]);
    expect(verdict).toMatchObject({ outcome: 'valid', token: { principal: { groups: ['left'] } } });
  });
});
