import { fastify } from 'fastify';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Secret } from '../../core/index.ts';
import { startTestBed, type TestBed } from '../../oauth/testing/index.ts';
import { scimApi } from './index.ts';

let bed: TestBed;
const app = fastify();
beforeAll(async () => {
  bed = await startTestBed();
  const { store, audit, clock } = bed.parts;
  const secret = async () => new Secret('a-secret');
  const clients = [{ method: 'corp', subject: 'externalId', groupsInstead: false, secret }] as const;
  await app.register(scimApi({ issuer: bed.issuer, clients, store, audit, clock }));
});
afterAll(async () => {
  await app.close();
  await bed[Symbol.asyncDispose]();
});

async function scim(method: 'GET' | 'POST', path: string, body?: object) {
  const answer = await app.inject({
    method,
    url: `/scim/v2/${path}`,
    headers: { authorization: 'Bearer a-secret', 'content-type': 'application/scim+json' },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  return answer.json();
}

const addGroup = (displayName: string, users: readonly { readonly id: string }[]) =>
  scim('POST', 'Groups', { displayName, members: users.map(({ id }) => ({ value: id })) });

test.each([
  ['the display name', 'a1', { displayName: 'Ann A.', name: { formatted: 'A.' } }, 'Ann A.'],
  ['the whole name, where there is no display name', 'a2', { name: { formatted: 'Ann Ace' } }, 'Ann Ace'],
  ['what can be seen of the display name', 'a3', { displayName: ' \u202eAnn\u0007 ' }, 'Ann'],
  ['the user name, where nothing else can be seen', 'a4', { displayName: '\u200e' }, 'a4@example.com'],
])(
  'a person is called by %s, also once a group of theirs is written',
  async (_, externalId, names, shown) => {
    const user = await scim('POST', 'Users', { userName: `${externalId}@example.com`, externalId, ...names });
    const called = async () => (await bed.store.people.get(`corp:${externalId}`))?.displayName;
    expect(await called()).toBe(shown);
    await addGroup(`group of ${externalId}`, [user]);
    expect(await called()).toBe(shown);
  },
);

test('a method that an address does not take is refused in the form of the protocol, to those who may call', async () => {
  const call = (headers: Readonly<Record<string, string>>) =>
    app.inject({ method: 'PUT', url: '/scim/v2/Users', headers: { ...headers } });
  const answer = await call({ authorization: 'Bearer a-secret' });
  expect([answer.statusCode, answer.headers.allow]).toEqual([405, 'GET, HEAD, POST']);
  expect(answer.headers['content-type']).toMatch(/^application\/scim\+json/);
  expect(answer.json()).toMatchObject({
    status: '405',
    detail: 'This address takes GET and HEAD and POST, not PUT.',
  });
  expect((await call({})).statusCode).toBe(401);
});

test('a list of users has the groups of each', async () => {
  const [one, two] = [
    await scim('POST', 'Users', { userName: 'one', externalId: 'one' }),
    await scim('POST', 'Users', { userName: 'two', externalId: 'two' }),
  ];
  await addGroup('first', [one, two]);
  await addGroup('second', [two]);
  const { Resources } = await scim('GET', `Users?count=200`);
  const groupsOf = (id: string) =>
    Resources.find((user: { id: string }) => user.id === id).groups.map(
      ({ display }: { display: string }) => display,
    );
  expect(groupsOf(one.id)).toEqual(['first']);
  expect(groupsOf(two.id).toSorted()).toEqual(['first', 'second']);
  const alone = await scim('GET', `Users?filter=${encodeURIComponent('userName eq "two"')}`);
  expect(alone.Resources).toMatchObject([
    { id: two.id, groups: [{ display: 'first' }, { display: 'second' }] },
  ]);
});
