import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { createSecureContext } from 'node:tls';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { makeAuthority } from '../../../../../tests/support/certificates.ts';
import {
  type EngineDoor,
  type EngineDoorOptions,
  openEngineDoor,
  testDatabase,
  testPermit,
} from '../../../../../tests/support/engine-door.ts';
import {
  bytesOf,
  cStrings,
  int32,
  query,
  startupBytes,
} from '../../../../../tests/support/postgres-messages.ts';
import { RawPostgres } from '../../../../../tests/support/raw-postgres.ts';
import {
  type RedshiftAccount,
  type RedshiftMischief,
  startRedshift,
  type TestRedshift,
} from '../../../../../tests/support/redshift.ts';
import { type IdentityTokenAccess, Refusal, Secret } from '../../core/index.ts';
import { redshiftEngine } from './index.ts';

const password = 'Temporary1';
let redshift: TestRedshift;
let admin: pg.Client;
const doors: EngineDoor[] = [];

beforeAll(async () => {
  redshift = await startRedshift();
  admin = await redshift.server.adminClient();
  await admin.query('CREATE ROLE analyst LOGIN');
});
afterEach(async () => {
  for (const door of doors.splice(0)) await door.close();
  redshift.mischief = 'none';
  redshift.startups.splice(0);
});
afterAll(async () => {
  await admin.end();
  await redshift.stop();
});

async function open(method: RedshiftAccount['method'] = 'digest', options: Partial<EngineDoorOptions> = {}) {
  redshift.accounts.set('analyst', { method, secret: password, postgresLogin: 'analyst' });
  const { host, port } = redshift;
  const database = { host, port, engine: 'redshift' } as const;
  const door = await openEngineDoor({
    engine: redshiftEngine,
    database,
    login: 'analyst',
    password,
    ...options,
  });
  doors.push(door);
  return door;
}

/** Waits until a statement with this text runs on the server behind. */
async function running(part: string): Promise<void> {
  const active = `SELECT 1 FROM pg_stat_activity WHERE usename = 'analyst' AND state = 'active' AND strpos(query, $1) > 0`;
  while ((await admin.query(active, [part])).rows.length === 0);
}

/** Sends the startup packet, answers each request for a token with `token`, and gives what the door said. */
async function signIn(door: EngineDoor, parameters: Readonly<Record<string, string>>, answer: Buffer) {
  const socket = await RawPostgres.open('127.0.0.1', door.port);
  socket.write(startupPacket(parameters));
  const [request] = [await socket.read()];
  socket.write(answer);
  const greeting = await socket.readUntilReady();
  return { socket, request, greeting };
}

const startupPacket = (parameters: Readonly<Record<string, string>>, protocol = 196_608) => {
  const body = Buffer.concat([int32(protocol), cStrings(...Object.entries(parameters).flat()), Buffer.of(0)]);
  return Buffer.concat([int32(body.length + 4), body]);
};
const withToken = (token: string) => bytesOf(['i', Buffer.from(token)]);

/**
 * The startup packets of Amazon's drivers. Those of redshift_connector 2.2.0 and of the JDBC driver 2.1.0.30 were recorded
 * from them (`tests/interop`); the two others are as their sources make them.
 */
const drivers = {
  'redshift_connector with a password': {
    user: 'me',
    database: 'postgres',
    application_name: '__main__',
    client_protocol_version: '2',
    driver_version: 'Redshift Python Driver 2.2.0',
    os_version: 'Linux-6.1.0-x86_64-with-glibc2.36',
    driver_discovery_version: '1',
  },
  'redshift_connector with a token plugin': {
    user: '',
    database: 'postgres',
    application_name: '__main__',
    client_protocol_version: '2',
    driver_version: 'Redshift Python Driver 2.2.0',
    os_version: 'Linux-6.1.0-x86_64-with-glibc2.36',
    driver_discovery_version: '1',
    plugin_name: 'redshift_connector.plugin.IdpTokenAuthPlugin',
    idp_type: 'AwsIdc',
    token_type: 'ACCESS_TOKEN',
  },
  'the JDBC driver with a password': {
    user: 'me',
    database: 'postgres',
    client_encoding: 'UTF8',
    DateStyle: 'ISO',
    TimeZone: 'Etc/UTC',
    extra_float_digits: '2',
    application_name: '[main]com.example.Main.main(Main.java:132)',
    driver_version: 'Redshift JDBC Driver 2.1.0.30',
    os_version: 'Linux 6.1.0 amd64',
    client_protocol_version: '3',
  },
  'the JDBC driver with IdpTokenAuthPlugin': {
    user: 'root',
    database: 'postgres',
    client_encoding: 'UTF8',
    DateStyle: 'ISO',
    TimeZone: 'Etc/UTC',
    extra_float_digits: '2',
    application_name: '[main]com.example.Main.main(Main.java:132)',
    driver_version: 'Redshift JDBC Driver 2.1.0.30',
    os_version: 'Linux 6.1.0 amd64',
    plugin_name: 'com.amazon.redshift.plugin.IdpTokenAuthPlugin',
    client_protocol_version: '3',
    idp_type: 'AwsIdc',
    token_type: 'ACCESS_TOKEN',
  },
  'the JDBC driver with BasicJwtCredentialsProvider': {
    database: 'postgres',
    client_encoding: 'UTF8',
    DateStyle: 'ISO',
    extra_float_digits: '2',
    driver_version: 'Redshift JDBC 2.1.0.30',
    client_protocol_version: '3',
    plugin_name: 'com.amazon.redshift.plugin.BasicJwtCredentialsProvider',
    idp_type: 'AzureAD',
    provider_name: 'corp',
    identity_namespace: 'aad',
  },
  'a driver that offers compression': {
    user: 'me',
    database: 'postgres',
    '_pq_.compression': 'lz4:1',
    client_protocol_version: '2',
  },
} as const;

describe('the door for Redshift drivers', () => {
  test.each(Object.entries(drivers))('lets %s in', async (_, parameters) => {
    const door = await open();
    const asksForToken = 'plugin_name' in parameters;
    const { request, greeting, socket } = await signIn(
      door,
      parameters,
      asksForToken ? withToken('the token\0') : bytesOf(['p', cStrings('the token')]),
    );
    expect(request.body.readInt32BE(0)).toBe(asksForToken ? 14 : 3);
    expect(greeting.map(({ type }) => type).join('')).toMatch(/^RS+KZ$/);
    const [accepted] = door.accepted;
    if (accepted?.kind !== 'login') throw new Error('nobody signed in');
    expect(accepted.client.credential.reveal()).toBe('the token');
    socket.close();
  });

  test('takes a token that no NUL byte ends, as the Python driver sends it', async () => {
    const door = await open();
    const { socket } = await signIn(door, { database: 'postgres', idp_type: 'AwsIdc' }, withToken('a.b.c'));
    const [accepted] = door.accepted;
    expect(accepted?.kind === 'login' && accepted.client.credential.reveal()).toBe('a.b.c');
    socket.close();
  });

  test('passes on what the session is about, and ends what only the sign-in was about', async () => {
    const door = await open();
    const { socket } = await signIn(
      door,
      drivers['the JDBC driver with BasicJwtCredentialsProvider'],
      withToken('t'),
    );
    expect(Object.fromEntries(redshift.startups[0] ?? [])).toEqual({
      user: 'analyst',
      database: 'postgres',
      client_encoding: 'UTF8',
      client_protocol_version: '3',
      datestyle: 'ISO',
      driver_version: 'Redshift JDBC 2.1.0.30',
      extra_float_digits: '2',
    });
    socket.close();
  });

  test('relays the parameters of the server as it sent them', async () => {
    const door = await open();
    const { greeting, socket } = await signIn(
      door,
      drivers['the JDBC driver with a password'],
      bytesOf(['p', cStrings('t')]),
    );
    const reported = Object.fromEntries(
      greeting.filter(({ type }) => type === 'S').map(({ body }) => body.toString().split('\0').slice(0, 2)),
    );
    expect(reported).toMatchObject({
      server_version: '8.0.2',
      server_protocol_version: '0',
      padb_revision: expect.any(String),
      datashare_enabled: 'on',
      external_database: 'off',
      client_encoding: 'UTF8',
      DateStyle: expect.stringMatching(/^ISO/),
      TimeZone: 'Etc/UTC',
    });
    socket.close();
  });

  test('gives cancel keys of four bytes, and cancels by them', async () => {
    const door = await open();
    const { greeting, socket } = await signIn(
      door,
      { user: 'x', database: 'postgres' },
      bytesOf(['p', cStrings('t')]),
    );
    const key = greeting.find(({ type }) => type === 'K')?.body;
    expect(key?.length).toBe(8);
    socket.write(bytesOf(query('select pg_sleep(60)')));
    await running('pg_sleep');
    const canceller = await RawPostgres.open('127.0.0.1', door.port);
    canceller.write(Buffer.concat([int32(16), int32(80_877_102), key ?? Buffer.alloc(0)]));
    expect((await socket.readUntilReady()).map(({ type }) => type)).toContain('E');
    socket.close();
  });

  const refused: readonly [what: string, bytes: Buffer, answer: Buffer, says: RegExp][] = [
    [
      'a newer protocol, since nobody here negotiates',
      startupPacket({ user: 'x', database: 'postgres' }, 0x0003_0002),
      Buffer.alloc(0),
      /Version 3\.2/,
    ],
    [
      'a setting that is PostgreSQL’s alone',
      startupPacket({ user: 'x', transaction_timeout: '5' }),
      Buffer.alloc(0),
      /transaction_timeout/,
    ],
    ['replication', startupPacket({ user: 'x', replication: 'database' }), Buffer.alloc(0), /Replication/],
    [
      'a password where a token was asked for',
      startupPacket({ idp_type: 'AzureAD' }),
      bytesOf(['p', cStrings('x')]),
      /identity provider token was expected/,
    ],
    [
      'a token where a password was asked for',
      startupPacket({ user: 'x' }),
      withToken('x'),
      /password message was expected/,
    ],
    ['an empty token', startupPacket({ idp_type: 'AzureAD' }), withToken(''), /too short/],
    [
      'a token of nothing but its NUL',
      startupPacket({ idp_type: 'AzureAD' }),
      withToken('\0'),
      /Sign in first/,
    ],
    ['a NUL inside of a token', startupPacket({ idp_type: 'AzureAD' }), withToken('a\0b'), /NUL/],
    [
      'a token of megabytes',
      startupPacket({ idp_type: 'AzureAD' }),
      Buffer.concat([Buffer.from('i'), int32(4_000_000)]),
      /larger than/,
    ],
  ];
  test.each(refused)('refuses %s', async (_, startup, answer, says) => {
    const door = await open();
    const socket = await RawPostgres.open('127.0.0.1', door.port);
    socket.write(Buffer.concat([startup, answer]));
    let message = await socket.read();
    if (message.type === 'R') message = await socket.read();
    expect(message.type).toBe('E');
    expect(message.body.toString()).toMatch(says);
    expect(redshift.startups).toEqual([]);
    socket.close();
  });

  test('A03 asks nobody for a token in clear text', async () => {
    const pair = await (await makeAuthority()).issue(['localhost']);
    const tls = createSecureContext({ cert: pair.certificate, key: pair.privateKey });
    const door = await open('digest', { tls, clearTextAllowed: false });
    const socket = await RawPostgres.open('127.0.0.1', door.port);
    socket.write(startupPacket({ idp_type: 'AzureAD', database: 'postgres' }));
    const message = await socket.read();
    expect(message.body.toString()).toMatch(/not encrypted/);
    socket.close();
  });
});

describe('the login at Redshift', () => {
  test.each(['digest', 'md5', 'password'] as const)('proves a password by %s', async (method) => {
    const door = await open(method);
    const client = new pg.Client({
      host: '127.0.0.1',
      port: door.port,
      user: 'x',
      database: 'postgres',
      password: 't',
    });
    await client.connect();
    expect((await client.query('select current_user as who')).rows).toEqual([{ who: 'analyst' }]);
    await client.end();
    await door.settled();
    expect(door.statements).toMatchObject([{ text: 'select current_user as who', outcome: 'succeeded' }]);
  });

  test('B08 is never handed to the next session, since nothing proves it clean', async () => {
    const door = await open('digest', { reuse: true });
    for (const _ of [1, 2]) {
      const client = new pg.Client({
        host: '127.0.0.1',
        port: door.port,
        user: 'x',
        database: 'postgres',
        password: 't',
      });
      await client.connect();
      await client.end();
      await door.settled();
    }
    expect(door.ends).toEqual([
      { cause: 'client_left', idle: true },
      { cause: 'client_left', idle: true },
    ]);
    expect(redshift.startups).toHaveLength(2);
  });

  const troubles: readonly [mischief: RedshiftMischief, code: string, cause: RegExp][] = [
    ['garbage', 'upstream_untrusted', /message of type/],
    ['second_method', 'upstream_refused_login', /second authentication/],
    ['unknown_algorithm', 'upstream_refused_login', /digest algorithm 7/],
    ['broken_digest', 'upstream_untrusted', /digest request/],
    ['silence', 'upstream_unreachable', /aborted/],
  ];
  test.each(troubles)('ends at a server that answers with %s', async (mischief, code, cause) => {
    const door = await open('digest');
    redshift.mischief = mischief;
    const socket = await RawPostgres.open('127.0.0.1', door.port);
    socket.write(startupBytes({ user: 'x', database: 'postgres' }, 't'));
    await socket.read();
    expect((await socket.read()).type).toBe('E');
    await door.settled();
    const [refusal] = door.refusals;
    expect(refusal).toMatchObject({ code });
    expect(String(refusal?.cause)).toMatch(cause);
    socket.close();
  });

  test('with a wrong password is refused, with what the server said for the operator alone', async () => {
    const door = await open('digest', { password: 'another' });
    const socket = await RawPostgres.open('127.0.0.1', door.port);
    socket.write(startupBytes({ user: 'x', database: 'postgres' }, 't'));
    await socket.read();
    expect((await socket.read()).body.toString()).not.toMatch(/analyst/);
    await door.settled();
    expect(door.refusals).toMatchObject([{ code: 'upstream_refused_login' }]);
    expect(String(door.refusals[0]?.cause)).toMatch(/authentication failed for user "analyst"/);
    socket.close();
  });

  test('at a server that wants an identity provider’s token is refused: there is none to give', async () => {
    const door = await open('idp_token');
    const socket = await RawPostgres.open('127.0.0.1', door.port);
    socket.write(startupBytes({ user: 'x', database: 'postgres' }, 't'));
    await socket.read();
    await socket.read();
    await door.settled();
    expect(String(door.refusals[0]?.cause)).toMatch(/authentication method 14/);
    socket.close();
  });
});

describe('the login with a token of an identity provider', () => {
  const token = 'header.claims.signature';
  const access: IdentityTokenAccess = {
    signIn: 'corp',
    token: 'access',
    audience: 'https://warehouse.example',
    idpType: 'AzureAD',
  };

  /** What came of a login of a person whose token this is. */
  async function logIn(identityToken: IdentityTokenAccess): Promise<Refusal | undefined> {
    const { host, port } = redshift;
    const database = testDatabase({ host, port, engine: 'redshift', identityToken }, 'analyst');
    const login = {
      database,
      login: '',
      password: new Secret(token),
      settings: new Map<string, string>(),
      connectTimeoutMs: 5_000,
      request: 'r-1',
    };
    try {
      (await redshiftEngine.connect(testPermit(database, 'analyst'), login)).close();
      return undefined;
    } catch (thrown) {
      if (thrown instanceof Refusal) return thrown;
      throw thrown;
    }
  }

  test.each<[Partial<IdentityTokenAccess>, Readonly<Record<string, string>>]>([
    [{}, { plugin_name: 'com.amazon.redshift.plugin.BasicJwtCredentialsProvider', idp_type: 'AzureAD' }],
    [
      { idpType: 'Okta', providerName: 'okta_prod' },
      {
        plugin_name: 'com.amazon.redshift.plugin.BasicJwtCredentialsProvider',
        idp_type: 'Okta',
        provider_name: 'okta_prod',
      },
    ],
    [
      { idpType: 'AwsIdc', namespace: 'awsidc' },
      {
        plugin_name: 'com.amazon.redshift.plugin.IdpTokenAuthPlugin',
        idp_type: 'AwsIdc',
        token_type: 'EXT_JWT',
        identity_namespace: 'awsidc',
      },
    ],
  ])('begins as Amazon’s drivers do: %j', async (keys, startup) => {
    redshift.shownTokens.splice(0);
    await logIn({ ...access, ...keys });
    expect(Object.fromEntries(redshift.startups[0] ?? [])).toEqual({
      user: '',
      database: 'postgres',
      ...startup,
    });
    expect(redshift.shownTokens).toEqual([token]);
  });

  test('that the server does not take is refused', async () => {
    expect(await logIn(access)).toMatchObject({ code: 'upstream_refused_login' });
  });

  test.each<[string, Buffer]>([
    ['a password in clear', int32(3)],
    ['a password by MD5', Buffer.concat([int32(5), Buffer.from('salt')])],
    ['a digest', Buffer.concat([int32(13), int32(0), int32(1), Buffer.of(1), int32(1), Buffer.of(2)])],
    ['nothing', int32(0)],
    ['SCRAM', Buffer.concat([int32(10), cStrings('SCRAM-SHA-256', '')])],
  ])('gives nothing to a server that asks for %s', async (_, request) => {
    const heard: Buffer[] = [];
    const rogue = createServer((socket) => {
      socket.on('error', () => socket.destroy());
      socket.on('data', (bytes) => {
        heard.push(bytes);
        // The startup packet has come; what comes after it would be the answer.
        if (heard.length === 1) socket.write(bytesOf(['R', request]));
      });
    });
    rogue.listen(0, '127.0.0.1');
    await once(rogue, 'listening');
    const { port } = rogue.address() as AddressInfo;
    const database = testDatabase(
      { host: '127.0.0.1', port, engine: 'redshift', identityToken: access },
      'analyst',
    );
    const password = new Secret(token);
    const login = {
      database,
      login: '',
      password,
      settings: new Map(),
      connectTimeoutMs: 5_000,
      request: 'r',
    };
    await expect(redshiftEngine.connect(testPermit(database, 'analyst'), login)).rejects.toMatchObject({
      code: 'upstream_refused_login',
    });
    rogue.close();
    await once(rogue, 'close');
    expect(heard).toHaveLength(1);
    expect(String(heard[0])).not.toContain(token);
  });

  const withPassword = {
    roles: [
      {
        name: 'tester',
        login: 'analyst',
        password: 'env:ANALYST',
        allow: { kind: 'everyone' },
        maxSessionMs: 3_600_000,
      },
    ],
  } as const;

  test('is no way in for a role with a password of its own, however the database logs others in', async () => {
    const door = await open('digest', {
      database: {
        host: redshift.host,
        port: redshift.port,
        engine: 'redshift',
        identityToken: access,
        ...withPassword,
      },
    });
    const client = new pg.Client({
      host: '127.0.0.1',
      port: door.port,
      user: 'x',
      database: 'postgres',
      password: 't',
    });
    await client.connect();
    await client.end();
    expect(redshift.startups[0]?.has('idp_type')).toBe(false);
  });
});
