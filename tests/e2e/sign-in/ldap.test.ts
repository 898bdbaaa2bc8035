import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type DirectoryServer, startDirectoryServer } from '../../support/directory-server.ts';
import { startGateway, type TestGateway } from '../../support/gateway.ts';
import { Person } from '../../support/person.ts';
import { psql } from '../../support/psql.ts';

const password = 'a password of the directory';
let directory: DirectoryServer;
let gateway: TestGateway;
beforeAll(async () => {
  directory = await startDirectoryServer();
  const jane = await directory.addPerson('jane', password);
  await directory.addPerson('viewer@example.com', password);
  await directory.addGroup('editor', [jane]);
  gateway = await startGateway({
    config: {
      signIn: {
        corp: {
          kind: 'ldap',
          label: 'Example Corp',
          url: directory.tlsUrl,
          tlsCa: directory.caFile,
          search: {
            login: directory.readerDn,
            password: 'env:READER_PASSWORD',
            base: 'ou=people,dc=example,dc=com',
            filter: '(uid={username})',
          },
          groups: { base: 'ou=groups,dc=example,dc=com' },
        },
        local: {},
      },
    },
    env: { READER_PASSWORD: directory.readerPassword },
  });
});
afterAll(async () => {
  await gateway.stop();
  await directory.stop();
});

async function tokenOf(person: Person): Promise<string> {
  const asked = gateway.request({ scope: 'db:authdb' });
  const end = await person.authorize(asked.url);
  if (end.kind === 'page') throw new Error(`no code, but ${end.url}:\n${end.html}`);
  const { body } = await gateway.post('token', {
    grant_type: 'authorization_code',
    client_id: asked.clientId,
    code: end.to.searchParams.get('code') ?? '',
    code_verifier: asked.verifier,
    redirect_uri: asked.redirectUri,
  });
  return String(body.access_token);
}

describe('somebody of a directory', () => {
  test('signs in with the password there, and reaches the database as the role of their group', async () => {
    const token = await tokenOf(new Person(gateway.issuer, 'jane', password));
    const { stdout } = await psql(gateway, { token }, 'select session_user');
    expect(stdout.trim()).toBe('app_readwrite');
  });

  test('is somebody else than the local person of the same user name', async () => {
    const token = await tokenOf(new Person(gateway.issuer, 'viewer@example.com', password));
    const { stdout } = await psql(gateway, { token }, 'select session_user');
    expect(stdout.trim()).toBe('app_readonly');
    const { stdout: people } = await gateway.operator('users', 'list', '--json');
    const ids = [...people.matchAll(/"id":\s*"([^"]+)"/g)].map(([, id]) => id);
    expect(ids.filter((id) => id?.startsWith('corp:'))).toHaveLength(2);
    expect(ids).toContain('local:viewer@example.com');
  });

  test('is told nothing but that it was not right, and can choose the other way to sign in', async () => {
    const person = new Person(gateway.issuer, 'jane', 'wrong');
    const page = await person.open('/sign-in');
    if (page.kind === 'departure') throw new Error('no sign-in page');
    expect(await person.signIn(page)).toMatchObject({
      status: 422,
      html: expect.stringContaining('The user name or the password is not right.'),
    });
    const other = gateway.person('viewer');
    const form = await other.open('/sign-in?method=local');
    if (form.kind === 'departure') throw new Error('no sign-in page');
    expect(await other.signIn(form)).toMatchObject({ html: expect.stringContaining('viewer@example.com') });
  });

  test('is told when the directory does not answer, while local people sign in', async () => {
    await directory.stop();
    const person = new Person(gateway.issuer, 'jane', password);
    const page = await person.open('/sign-in');
    if (page.kind === 'departure') throw new Error('no sign-in page');
    expect(await person.signIn(page)).toMatchObject({
      html: expect.stringContaining('Example Corp does not answer at the moment.'),
    });
    const other = gateway.person('viewer');
    const form = await other.open('/sign-in?method=local');
    if (form.kind === 'departure') throw new Error('no sign-in page');
    expect(await other.signIn(form)).toMatchObject({ html: expect.stringContaining('viewer@example.com') });
  });
});
