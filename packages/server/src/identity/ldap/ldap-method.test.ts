import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { makeAuthority } from '../../../../../tests/support/certificates.ts';
import { type DirectoryServer, startDirectoryServer } from '../../../../../tests/support/directory-server.ts';
import type { LdapConfig } from '../../config/index.ts';
import { Secret, systemClock } from '../../core/index.ts';
import { openStore, type Store } from '../../store/index.ts';
import { ldapMethod } from './ldap-method.ts';

const password = 'correct horse battery';
let server: DirectoryServer;
let folder: string;
let store: Store;
beforeAll(async () => {
  server = await startDirectoryServer();
  const jane = await server.addPerson('jane', password, { cn: 'Jane Doe', departmentNumber: 'finance' });
  await server.addPerson('bob', password);
  const editors = await server.addGroup('editor', [jane]);
  await server.addGroup('staff', [editors]);
  await server.addUnit('ou=elsewhere,ou=groups,dc=example,dc=com');
  await server.addGroup('admin', [jane], 'ou=elsewhere,ou=groups,dc=example,dc=com');
});
afterAll(() => server.stop());
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'grantway-ldap-'));
  store = await openStore({ kind: 'sqlite', path: join(folder, 'grantway.db') }, systemClock);
  return async () => {
    await store.close();
    await rm(folder, { recursive: true });
  };
});

const byDn = { by: 'dn', template: 'uid={username},ou=people,dc=example,dc=com' } as const;
const bySearch = () =>
  ({
    by: 'search',
    login: server.readerDn,
    password: 'env:UNUSED',
    base: 'ou=people,dc=example,dc=com',
    filter: '(uid={username})',
  }) as const;

function method(
  more: Partial<LdapConfig> = {},
  searchPassword = server.readerPassword,
  protection: 'tls' | 'in the clear' = 'tls',
  clock = systemClock,
) {
  const config: LdapConfig = {
    kind: 'ldap',
    directPasswords: false,
    name: 'corp',
    label: 'Example Corp',
    url: server.tlsUrl,
    ...(protection === 'tls' && { tlsCa: server.caFile }),
    find: byDn,
    groups: { base: 'ou=groups,dc=example,dc=com', nested: false },
    idAttribute: 'entryUUID',
    nameAttribute: 'cn',
    claims: {},
    signInEveryMs: 86_400_000,
    ...more,
  };
  return ldapMethod({
    config,
    searchPassword: async () => new Secret(searchPassword),
    attempts: store.attempts,
    clock,
  });
}

function signIn(
  username: string,
  typed = password,
  more: Partial<LdapConfig> = {},
  protection: 'tls' | 'in the clear' = 'tls',
) {
  return method(more, server.readerPassword, protection).verify({
    username,
    password: new Secret(typed),
    remoteAddress: '10.0.0.1',
  });
}

describe('somebody of a directory', () => {
  test.each([
    ['told by the user name', () => ({ find: byDn })],
    ['found by a search', () => ({ find: bySearch() })],
    ['over StartTLS', () => ({ url: server.url })],
  ])('signs in, %s, with groups by short name and by full name', async (_, more) => {
    const outcome = await signIn('Jane', password, { ...more(), claims: { department: 'departmentNumber' } });
    expect(outcome).toEqual({
      outcome: 'proven',
      principal: {
        method: 'corp',
        subject: expect.stringMatching(/^[0-9a-f-]{36}$/),
        displayName: 'Jane Doe',
        groups: [
          'editor',
          'cn=editor,ou=groups,dc=example,dc=com',
          // G13: another group of the same short name is not the one that rules mean.
          'cn=admin,ou=elsewhere,ou=groups,dc=example,dc=com',
        ],
        claims: { department: 'finance' },
      },
    });
  });

  test('has the groups of groups where that is asked for', async () => {
    const groups = { base: 'ou=groups,dc=example,dc=com', filter: '(member={dn})' };
    const flat = await signIn('jane', password, { groups: { ...groups, nested: false } });
    expect(flat).not.toMatchObject({ principal: { groups: expect.arrayContaining(['staff']) } });
    const nested = await signIn('jane', password, { groups: { ...groups, nested: true } });
    expect(nested).toMatchObject({ principal: { groups: expect.arrayContaining(['editor', 'staff']) } });
  });
});

describe('a password', () => {
  test.each([
    ['that is wrong', 'jane', 'wrong'],
    ['G11 that is empty', 'jane', ''],
    ['G11 that is a NUL', 'jane', '\0'],
    ['G11 of nobody', '', password],
    ['G12 of a user name that is a pattern', '*', password],
    ['G12 of a user name that ends the filter', 'jane)(uid=*', password],
    ['G12 of a user name that adds to the filter', '*)(|(uid=*', password],
    ['G12 of a user name with a NUL', 'jane\0', password],
    ['G12 of a user name that adds to the entry', 'jane,ou=people', password],
    ['G12 of a user name that begins with #', '#jane', password],
  ])('%s proves nobody, however people are found', async (_, username, typed) => {
    for (const find of [byDn, bySearch()]) {
      expect(await signIn(username, typed, { find })).toMatchObject({ outcome: 'failed' });
    }
  });

  test('is not tried at all when a search finds more than one entry', async () => {
    const find = { ...bySearch(), filter: '(|(uid={username})(objectClass=inetOrgPerson))' };
    expect(await signIn('jane', password, { find })).toMatchObject({ outcome: 'failed', reason: 'unknown' });
  });

  test('is not tried for ever', async () => {
    const attempt = { username: 'jane', password: new Secret('wrong'), remoteAddress: '10.0.0.1' };
    const { verify } = method();
    for (const outcome of await Promise.all(Array.from({ length: 5 }, () => verify(attempt)))) {
      expect(outcome).toMatchObject({ outcome: 'failed' });
    }
    expect(await verify({ ...attempt, password: new Secret(password) })).toMatchObject({
      outcome: 'throttled',
    });
  });
});

describe('G13 a directory', () => {
  test('whose certificate is of another authority is not told the password', async () => {
    const other = join(folder, 'other.crt');
    await writeFile(other, (await makeAuthority()).certificate);
    for (const url of [server.tlsUrl, server.url]) {
      expect(await signIn('jane', password, { url, tlsCa: other })).toMatchObject({
        outcome: 'failed',
        reason: 'unavailable',
      });
    }
  });

  test('that refers to another one sends nobody there, nor the password', async () => {
    let visits = 0;
    const elsewhere = createServer((socket) => {
      visits += 1;
      socket.destroy();
    }).listen(0, '127.0.0.1');
    await once(elsewhere, 'listening');
    const address = `ldap://127.0.0.1:${(elsewhere.address() as AddressInfo).port}/dc=example,dc=com`;
    const referring = createServer((socket) => {
      socket.on('error', () => {});
      // Message id of the request: behind the tags and lengths of the message and of the number itself.
      socket.on('data', (request) => socket.write(referral(request[4] ?? 1, address)));
    }).listen(0, '127.0.0.1');
    await once(referring, 'listening');
    const url = `ldap://127.0.0.1:${(referring.address() as AddressInfo).port}`;
    expect(await signIn('jane', password, { url }, 'in the clear')).toMatchObject({
      outcome: 'failed',
      reason: 'unavailable',
    });
    expect(visits).toBe(0);
    referring.close();
    elsewhere.close();
  });

  test.each([
    ['says nothing', () => {}],
    ['closes', (socket: { destroy(): void }) => socket.destroy()],
    ['talks nonsense', (socket: { write(text: string): void }) => socket.write('HTTP/1.1 200 OK\r\n\r\n')],
  ])('that %s is unavailable, and holds nobody up for long', async (_, behave) => {
    const silent = createServer((socket) => {
      socket.on('error', () => {});
      behave(socket);
    }).listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const url = `ldap://127.0.0.1:${(silent.address() as AddressInfo).port}`;
    expect(await signIn('jane', password, { url })).toMatchObject({ reason: 'unavailable' });
    silent.close();
  });

  test('that refuses our own account is unavailable, and nobody is blamed', async () => {
    const { verify } = method({ find: bySearch() }, 'not the password of the reader');
    const attempt = { username: 'jane', password: new Secret(password), remoteAddress: '10.0.0.1' };
    expect(await verify(attempt)).toMatchObject({ outcome: 'failed', reason: 'unavailable' });
  });
});

/** The answer to a bind that refers to another server (RFC 4511, sections 4.1.10 and 4.2.2), in BER. */
function referral(messageId: number, address: string): Buffer {
  const tagged = (tag: number, ...parts: readonly Buffer[]) => {
    const content = Buffer.concat(parts);
    return Buffer.concat([Buffer.from([tag, content.length]), content]);
  };
  const empty = tagged(0x04);
  const code = Buffer.from([0x0a, 1, 10]);
  const to = tagged(0xa3, tagged(0x04, Buffer.from(address)));
  return tagged(0x30, Buffer.from([0x02, 1, messageId]), tagged(0x61, code, empty, empty, to));
}

test('failures that wait to be answered keep nobody else from signing in', async () => {
  // By this clock no time passes, and a failure waits for far longer than a test takes.
  let calls = 0;
  const clock = { ...systemClock, monotonic: () => -30_000 * ++calls };
  const { verify } = method({}, server.readerPassword, 'tls', clock);
  const attempt = (username: string) => ({
    username,
    password: new Secret(password),
    remoteAddress: '10.0.0.1',
  });
  // The store may be closed under those that are still being tried when the test is over.
  for (let guess = 0; guess < 8; guess++) verify(attempt(`nobody-${guess}`)).catch(() => undefined);
  expect(await verify(attempt('jane'))).toMatchObject({ outcome: 'proven' });
});
