import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startGateway, type TestGateway } from '../../support/gateway.ts';
import { type OpenIdProvider, startOpenIdProvider } from '../../support/openid-provider.ts';
import { psql } from '../../support/psql.ts';
import { signInAtProvider } from '../../support/sign-in-at-provider.ts';
import { sleepers, sleepingSession } from '../../support/sleeping-session.ts';

const secret = 'scim-secret-of-the-provisioning-client';
const userSchema = 'urn:ietf:params:scim:schemas:core:2.0:User';
const groupSchema = 'urn:ietf:params:scim:schemas:core:2.0:Group';
const patchSchema = 'urn:ietf:params:scim:api:messages:2.0:PatchOp';

let provider: OpenIdProvider;
let gateway: TestGateway;
beforeAll(async () => {
  provider = await startOpenIdProvider();
  gateway = await startGateway({
    config: {
      signIn: {
        local: {},
        corp: {
          kind: 'oidc',
          issuer: provider.issuer,
          clientId: provider.clientId,
          clientSecret: 'env:CORP_SECRET',
        },
        other: { kind: 'oidc', issuer: 'http://127.0.0.1:1', clientId: 'grantway' },
      },
      scim: {
        corp: { secret: 'env:SCIM_SECRET' },
        other: { secret: 'env:OTHER_SECRET', subject: 'userName', groups: 'instead' },
      },
    },
    env: {
      CORP_SECRET: provider.clientSecret,
      SCIM_SECRET: secret,
      OTHER_SECRET: 'scim-secret-of-another-client',
    },
  });
  provider.sendBackTo(`${gateway.issuer}/sign-in/callback/corp`);
});
afterAll(async () => {
  await gateway?.stop();
  await provider?.stop();
});

interface ScimAnswer {
  readonly status: number;
  readonly type: string;
  readonly body: Readonly<Record<string, unknown>> & {
    readonly id?: string;
    readonly Resources?: readonly Readonly<Record<string, unknown>>[];
  };
}

async function scim(method: string, path: string, body?: unknown, token = secret): Promise<ScimAnswer> {
  const answer = await fetch(`${gateway.issuer}/scim/v2/${path}`, {
    method,
    headers: {
      authorization: `Bearer ${token}`,
      ...(body === undefined ? {} : { 'content-type': 'application/scim+json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await answer.text();
  return {
    status: answer.status,
    type: answer.headers.get('content-type') ?? '',
    body: text === '' ? {} : JSON.parse(text),
  };
}

async function addUser(externalId: string, more: object = {}): Promise<string> {
  const { status, body } = await scim('POST', 'Users', {
    schemas: [userSchema],
    userName: `${externalId}@example.com`,
    externalId,
    displayName: externalId,
    active: true,
    ...more,
  });
  expect(status).toBe(201);
  return String(body.id);
}

async function addGroup(displayName: string, members: readonly string[]): Promise<string> {
  const { status, body } = await scim('POST', 'Groups', {
    schemas: [groupSchema],
    displayName,
    members: members.map((value) => ({ value })),
  });
  expect(status).toBe(201);
  return String(body.id);
}

const patch = (path: string, ...operations: readonly object[]) =>
  scim('PATCH', path, { schemas: [patchSchema], Operations: operations });

const signIn = (sub: string, scope?: string) =>
  signInAtProvider(gateway, provider, { sub, name: sub, groups: [] }, scope);

const sessionUser = async (token: string) =>
  (await psql(gateway, { token }, 'SELECT session_user')).stdout.trim();

describe('a provisioned person', () => {
  test('has the roles of the provisioned groups, loses them when they are taken out, and a live session with them', async () => {
    const user = await addUser('p-1');
    const group = await addGroup('editor', [user]);
    const { accessToken } = await signIn('p-1');
    expect(await sessionUser(accessToken)).toBe('app_readwrite');
    const written = await signIn('p-1', 'db:authdb:readwrite');
    const session = await sleepingSession(gateway, written.accessToken, 701);

    const { status, body } = await patch(`Groups/${group}`, {
      op: 'remove',
      path: `members[value eq "${user}"]`,
    });
    expect({ status, members: body.members }).toEqual({ status: 200, members: [] });
    expect((await session.end).stderr).toContain('your groups changed');
    expect(await sessionUser(accessToken)).toBe('app_readonly');
    await scim('DELETE', `Groups/${group}`);
  });

  test.each<readonly [string, object]>([
    ['as Entra ID sends it', { op: 'Replace', path: 'active', value: 'False' }],
    ['as Okta sends it', { op: 'replace', value: { active: false } }],
  ])(
    'who is deactivated, %s, is out: live sessions, tokens, and the next sign-in; and in again when activated',
    async (name, operation) => {
      const sub = `deactivated ${name}`;
      const user = await addUser(sub);
      const { accessToken } = await signIn(sub);
      const session = await sleepingSession(gateway, accessToken, 702);
      const { status, body } = await patch(`Users/${user}`, operation);
      expect({ status, active: body.active }).toEqual({ status: 200, active: false });
      expect((await session.end).stderr).toContain('your account was deactivated');
      await expect.poll(() => sleepers(gateway, 702), { timeout: 15_000 }).toBe(0);
      expect((await psql(gateway, { token: accessToken }, 'SELECT 1')).code).toBe(2);
      await expect(signIn(sub)).rejects.toThrow('switched off');
      await patch(`Users/${user}`, { op: 'replace', value: { active: true } });
      expect(await sessionUser((await signIn(sub)).accessToken)).toBe('app_readonly');
    },
  );

  test('who is deleted is out, and stays out until they are provisioned again', async () => {
    const user = await addUser('p-2');
    const { accessToken } = await signIn('p-2');
    const session = await sleepingSession(gateway, accessToken, 703);
    expect((await scim('DELETE', `Users/${user}`)).status).toBe(204);
    expect((await session.end).stderr).toContain('your account was deactivated');
    expect((await scim('GET', `Users/${user}`)).status).toBe(404);
    await expect(signIn('p-2')).rejects.toThrow('switched off');
    await addUser('p-2');
    expect(await sessionUser((await signIn('p-2')).accessToken)).toBe('app_readonly');
  });

  test('who was switched off here stays out, whatever is provisioned', async () => {
    const user = await addUser('p-3');
    await signIn('p-3');
    await gateway.operator('users', 'disable', 'corp:p-3');
    await patch(`Users/${user}`, { op: 'replace', value: { active: true } });
    await expect(signIn('p-3')).rejects.toThrow('switched off');
  });

  test('G05 is the person of the subject and never of the e-mail', async () => {
    await addUser('p-4', { userName: 'admin@example.com', emails: [{ value: 'admin@example.com' }] });
    const { stdout } = await gateway.operator('users', 'list', '--json');
    const found = (JSON.parse(stdout) as { id: string }[]).map(({ id }) => id);
    expect(found).toContain('corp:p-4');
    expect(found).toContain('local:admin@example.com');
    expect(await sessionUser((await gateway.tokens('admin', { scope: 'db:authdb:admin' })).accessToken)).toBe(
      'app_admin',
    );
  });
});

describe('groups', () => {
  test.each<readonly [string, (id: string) => object]>([
    [
      'Entra ID removes members',
      (id) => ({ op: 'Remove', path: 'members', value: [{ $ref: null, value: id }] }),
    ],
    ['Okta removes members', (id) => ({ op: 'remove', path: `members[value eq "${id}"]` })],
  ])('take and lose members as %s', async (name, remove) => {
    const [one, two] = [await addUser(`${name} 1`), await addUser(`${name} 2`)];
    const group = await addGroup(`group ${name}`, []);
    const add = { op: 'Add', path: 'members', value: [{ value: one }, { value: two }] };
    expect((await patch(`Groups/${group}`, add)).body.members).toHaveLength(2);
    expect((await patch(`Groups/${group}`, add)).body.members).toHaveLength(2);
    expect((await patch(`Groups/${group}`, remove(one))).body.members).toEqual([
      expect.objectContaining({ value: two }),
    ]);
    expect((await scim('GET', `Users/${two}`)).body.groups).toEqual([
      expect.objectContaining({ display: `group ${name}` }),
    ]);
    expect((await scim('GET', `Users/${one}`)).body.groups).toEqual([]);
  });

  test('are renamed as Okta does it, and replaced with all members', async () => {
    const user = await addUser('renamed');
    const group = await addGroup('before', [user]);
    const renamed = await patch(`Groups/${group}`, {
      op: 'replace',
      value: { id: group, displayName: 'after' },
    });
    expect(renamed.body).toMatchObject({ id: group, displayName: 'after' });
    expect((await scim('GET', `Users/${user}`)).body.groups).toMatchObject([{ display: 'after' }]);
    const put = await scim('PUT', `Groups/${group}`, { displayName: 'after', members: [] });
    expect(put.body).toMatchObject({ members: [] });
    expect((await scim('GET', `Users/${user}`)).body.groups).toEqual([]);
  });

  test('take no member that is no user, and no second group of one name', async () => {
    await addGroup('only one', []);
    expect(await scim('POST', 'Groups', { displayName: 'only one' })).toMatchObject({
      status: 409,
      body: { scimType: 'uniqueness' },
    });
    expect(
      await scim('POST', 'Groups', { displayName: 'odd', members: [{ value: 'nobody' }] }),
    ).toMatchObject({
      status: 400,
      body: { scimType: 'invalidValue' },
    });
  });
});

describe('the protocol', () => {
  test('finds users by name without regard to case, by external id, and by any filter, a page at a time', async () => {
    await addUser('find-1', { title: 'Clerk' });
    await addUser('find-2', { title: 'Clerk' });
    const find = async (query: string) => (await scim('GET', `Users?${query}`)).body;
    const filter = (text: string) => `filter=${encodeURIComponent(text)}`;
    expect(await find(filter('userName eq "FIND-1@example.com"'))).toMatchObject({ totalResults: 1 });
    expect(await find(filter('externalId eq "find-2"'))).toMatchObject({
      totalResults: 1,
      Resources: [{ userName: 'find-2@example.com' }],
    });
    expect(await find(filter('userName eq "nobody"'))).toMatchObject({ totalResults: 0, Resources: [] });
    expect(await find(filter('title eq "clerk" and active eq true'))).toMatchObject({ totalResults: 2 });
    expect(await find(`${filter('title eq "Clerk"')}&startIndex=2&count=5`)).toMatchObject({
      totalResults: 2,
      startIndex: 2,
      itemsPerPage: 1,
    });
    expect(await find(`${filter('title eq "Clerk"')}&count=0`)).toMatchObject({
      totalResults: 2,
      Resources: [],
    });
    const [only] = (await find(`${filter('title eq "Clerk"')}&attributes=title`)).Resources ?? [];
    expect(Object.keys(only ?? {}).sort()).toEqual(['id', 'schemas', 'title']);
  });

  test('gives back what was written, without a password', async () => {
    const enterprise = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User';
    const id = await addUser('kept', {
      password: 'never kept',
      name: { givenName: 'K', familyName: 'T' },
      [enterprise]: { department: 'finance' },
    });
    const { type, body } = await scim('GET', `Users/${id}`);
    expect(type).toContain('application/scim+json');
    expect(body).toMatchObject({
      id,
      schemas: [userSchema, enterprise],
      name: { givenName: 'K' },
      [enterprise]: { department: 'finance' },
      meta: { resourceType: 'User', location: `${gateway.issuer}/scim/v2/Users/${id}` },
    });
    expect(JSON.stringify(body)).not.toContain('never kept');
  });

  test('refuses a second user of one name or for one person', async () => {
    await addUser('single');
    const again = { userName: 'SINGLE@example.com', externalId: 'another' };
    expect(await scim('POST', 'Users', again)).toMatchObject({
      status: 409,
      body: { scimType: 'uniqueness' },
    });
    expect(await scim('POST', 'Users', { userName: 'another', externalId: 'single' })).toMatchObject({
      status: 409,
    });
  });

  test.each<readonly [string, string, string, unknown, number]>([
    ['no user name', 'POST', 'Users', { externalId: 'x' }, 400],
    ['a subject that is missing', 'POST', 'Users', { userName: 'x' }, 400],
    ['a name with a control character', 'POST', 'Users', { userName: 'a\u0000b', externalId: 'x' }, 400],
    ['an active that is no truth', 'POST', 'Users', { userName: 'x', externalId: 'x', active: 'maybe' }, 400],
    ['no object', 'POST', 'Users', [], 400],
    ['an unknown user', 'GET', 'Users/nobody', undefined, 404],
    ['an unknown group', 'DELETE', 'Groups/nobody', undefined, 404],
    [
      'a patch of an unknown user',
      'PATCH',
      'Users/nobody',
      { Operations: [{ op: 'replace', value: {} }] },
      404,
    ],
    ['a filter that is none', 'GET', 'Users?filter=userName%20eq', undefined, 400],
    ['a count that is none', 'GET', 'Users?count=many', undefined, 400],
  ])('answers %s with an error in its own form', async (_, method, path, body, status) => {
    const answer = await scim(method, path, body);
    expect(answer).toMatchObject({
      status,
      body: { schemas: ['urn:ietf:params:scim:api:messages:2.0:Error'], status: String(status) },
    });
  });

  test.each<readonly [string, object]>([
    ['no operations', {}],
    ['an operation of another kind', { Operations: [{ op: 'move' }] }],
    ['a path to what every object has', { Operations: [{ op: 'add', path: '__proto__.x', value: 1 }] }],
  ])('refuses a patch with %s', async (name, body) => {
    const id = await addUser(`patched ${name}`);
    expect((await scim('PATCH', `Users/${id}`, body)).status).toBe(400);
  });

  test('answers nobody without the secret, and each client of its own method alone', async () => {
    const id = await addUser('mine');
    for (const path of ['Users', `Users/${id}`, 'Groups', 'ServiceProviderConfig', 'Schemas']) {
      for (const token of ['', 'wrong', `${secret}x`])
        expect((await scim('GET', path, undefined, token)).status).toBe(401);
    }
    const other = 'scim-secret-of-another-client';
    expect((await scim('GET', `Users/${id}`, undefined, other)).status).toBe(404);
    expect((await scim('DELETE', `Users/${id}`, undefined, other)).status).toBe(404);
    const theirs = await scim('POST', 'Users', { userName: 'Mine', externalId: 'mine' }, other);
    expect(theirs.status).toBe(201);
    const { stdout } = await gateway.operator('users', 'list', '--json');
    expect(stdout).toContain('"other:mine"');
  });

  test('says what it can', async () => {
    expect((await scim('GET', 'ServiceProviderConfig')).body).toMatchObject({
      patch: { supported: true },
      bulk: { supported: false },
    });
    expect((await scim('GET', 'ResourceTypes')).body).toMatchObject({ totalResults: 2 });
    expect((await scim('GET', `Schemas/${userSchema}`)).body).toMatchObject({ name: 'User' });
    expect((await scim('GET', 'ResourceTypes/Nothing')).status).toBe(404);
  });
});

test('a stranger is told so before a body is read, whatever is in it', async () => {
  for (const path of ['Users', 'Groups', 'Users/x']) {
    const answer = await fetch(`${gateway.issuer}/scim/v2/${path}`, {
      method: path === 'Users/x' ? 'PUT' : 'POST',
      headers: { authorization: 'Bearer another-secret', 'content-type': 'application/scim+json' },
      body: '{ this is no JSON',
    });
    expect([path, answer.status]).toEqual([path, 401]);
  }
});
