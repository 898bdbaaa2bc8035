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
  await directory.addPerson('guessed', password);
  await directory.addPerson('leaver', password);
  await directory.addGroup('editor', [jane]);
  gateway = await startGateway({
    config: {
      signIn: {
        corp: {
          kind: 'ldap',
          directPasswords: true,
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

  test('G05 is somebody else than the local person of the same user name', async () => {
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
});

describe('a directory password as the database password', () => {
  const who = async (user: string, given: string, database = 'authdb') =>
    // Without it psql tries a refused password once more, without TLS.
    await psql(
      gateway,
      { token: given, user, database, env: { PGSSLMODE: 'require' } },
      'select session_user',
    );

  test('opens the database as the role of the person’s group', async () => {
    expect(await who('jane', password)).toMatchObject({ stdout: 'app_readwrite' });
    expect(await who('db:authdb/jane', password)).toMatchObject({ stdout: 'app_readwrite' });
    expect(await who('db:authdb:readonly/jane', password)).toMatchObject({ stdout: 'app_readonly' });
    const { stdout } = await gateway.operator('audit', 'export');
    expect(stdout).toContain('directory-password');
    expect(stdout + gateway.log()).not.toContain(password);
  });

  test('says of a database that is not there only to whoever has the right password', async () => {
    const wrong = 'The user name or the password is wrong';
    expect((await who('db:authdb/jane', 'wrong')).stderr).toContain(wrong);
    expect((await who('db:nowhere/jane', 'wrong')).stderr).toContain(wrong);
    expect((await who('jane', 'wrong', 'nowhere')).stderr).toContain(wrong);
    expect((await who('jane', password, 'nowhere')).stderr).toContain('Say which database');
  });

  test('leaves tokens what they were, also beside the name of a person', async () => {
    const token = await tokenOf(new Person(gateway.issuer, 'jane', password));
    expect(await who('jane', token)).toMatchObject({ stdout: 'app_readwrite' });
    expect((await who('jane', `${token.slice(0, -1)}~`)).stderr).toContain('This access token is not valid');
    expect((await who('jane', 'aaaaaaaaaaa.bbbb.cccc')).stderr).toContain('This access token is not valid');
  });

  test('does not open the HTTP API, where nobody types a user name', async () => {
    const response = await fetch(`${gateway.issuer}/api/v1/databases/authdb/query`, {
      method: 'POST',
      headers: { authorization: 'Bearer secret', 'content-type': 'application/json' },
      body: JSON.stringify({ statement: 'SELECT 1', role: 'readonly' }),
    });
    expect(response.status).toBe(401);
    expect(await response.json()).toMatchObject({ code: 'token_invalid' });
  });

  test('ends with the person: the live session, and every further try', async () => {
    const live = psql(
      gateway,
      { token: password, user: 'leaver', env: { PGSSLMODE: 'require' } },
      'select pg_sleep(60)',
    );
    await expect
      .poll(
        () =>
          gateway.database.query("SELECT 1 AS n FROM pg_stat_activity WHERE query = 'select pg_sleep(60)'"),
        {
          timeout: 15_000,
        },
      )
      .toEqual([{ n: 1 }]);
    const { stdout } = await gateway.operator('users', 'list', '--json');
    const leaver = (JSON.parse(stdout) as { id: string; name: string }[]).find(
      ({ name }) => name === 'leaver',
    );
    await gateway.operator('users', 'disable', leaver?.id ?? '');
    expect((await live).stderr).toContain('Your access was revoked');
    expect((await who('leaver', password)).stderr).toContain('Your account is disabled');
  });

  test('G15 is guessed at no more often than on the sign-in page, and both count together', async () => {
    const wrong = await Promise.all(
      Array.from({ length: 5 }, async (_, n) => (await who('guessed', `guess ${n}`)).stderr),
    );
    for (const said of wrong) expect(said).toContain('The user name or the password is wrong');
    expect((await who('guessed', password)).stderr).toContain('Too many attempts');
    const page = await new Person(gateway.issuer, 'guessed', password).authorize(gateway.request().url);
    expect(page.kind === 'page' && page.html).toContain('Too many');
  });
});

describe('a directory that is down', () => {
  test('is said to be so, on the page and at the door, while local people sign in', async () => {
    await directory.stop();
    const person = new Person(gateway.issuer, 'jane', password);
    const page = await person.open('/sign-in');
    if (page.kind === 'departure') throw new Error('no sign-in page');
    expect(await person.signIn(page)).toMatchObject({
      html: expect.stringContaining('Example Corp does not answer at the moment.'),
    });
    expect((await psql(gateway, { token: password, user: 'jane' }, 'select 1')).stderr).toContain(
      'Your identity provider does not answer',
    );
    const other = gateway.person('viewer');
    const form = await other.open('/sign-in?method=local');
    if (form.kind === 'departure') throw new Error('no sign-in page');
    expect(await other.signIn(form)).toMatchObject({ html: expect.stringContaining('viewer@example.com') });
  });
});
