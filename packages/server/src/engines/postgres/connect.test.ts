import { once } from 'node:events';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect as connectTcp, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect as connectTls, createSecureContext, TLSSocket } from 'node:tls';
import type pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  makeAuthority,
  type TestAuthority,
  writeCertificate,
} from '../../../../../tests/support/certificates.ts';
import { testDatabase, testPermit } from '../../../../../tests/support/engine-door.ts';
import { startPostgres, type TestPostgres } from '../../../../../tests/support/postgres.ts';
import { type Database, Secret } from '../../core/index.ts';
import { refusalOf } from '../../core/testing/index.ts';
import type { UpstreamLogin } from '../engine.ts';
import { postgresEngine } from './index.ts';
import { cStrings, int32, message } from './messages.ts';

const password = 'S3cret of the rôle';
const sslRequest = Buffer.concat([int32(8), int32(80877103)]);

let authority: TestAuthority;
let server: TestPostgres;
let admin: pg.Client;
let folder: string;
let caFile: string;
let strangerCaFile: string;

beforeAll(async () => {
  authority = await makeAuthority();
  folder = await mkdtemp(join(tmpdir(), 'grantway-connect-test-'));
  // The server runs as another user, and reads the authority of clients there.
  await chmod(folder, 0o755);
  caFile = join(folder, 'ca.pem');
  strangerCaFile = join(folder, 'stranger.pem');
  await writeFile(caFile, authority.certificate);
  await writeFile(strangerCaFile, (await makeAuthority('A stranger')).certificate);
  server = await startPostgres({
    certificate: await authority.issue(['localhost', '127.0.0.1']),
    settings: { ssl_ca_file: caFile },
    hba: [
      'host all by_trust 127.0.0.1/32 trust',
      'hostnossl all tls_only 127.0.0.1/32 reject',
      'hostssl all tls_only 127.0.0.1/32 scram-sha-256',
      'host all by_password 127.0.0.1/32 password',
      'host all by_md5 127.0.0.1/32 md5',
      'host all by_scram,no_room,shut_out,run_out 127.0.0.1/32 scram-sha-256',
      'hostssl all by_cert 127.0.0.1/32 cert',
      'host all by_radius 127.0.0.1/32 ident',
    ],
  });
  admin = await server.adminClient();
  await admin.query(`
    CREATE ROLE by_trust LOGIN;
    CREATE ROLE by_cert LOGIN;
    CREATE ROLE by_password LOGIN PASSWORD '${password}';
    CREATE ROLE by_scram LOGIN PASSWORD '${password}';
    CREATE ROLE tls_only LOGIN PASSWORD '${password}';
    CREATE ROLE no_room LOGIN PASSWORD '${password}' CONNECTION LIMIT 0;
    CREATE ROLE shut_out NOLOGIN PASSWORD '${password}';
    CREATE ROLE run_out LOGIN PASSWORD '${password}' VALID UNTIL '2020-01-01';
    SET password_encryption = 'md5';
    CREATE ROLE by_md5 LOGIN PASSWORD '${password}';
  `);
});

afterAll(async () => {
  await admin.end();
  await server.stop();
  await rm(folder, { recursive: true, force: true });
});

type Given = Partial<Database> & {
  readonly login?: string;
  readonly password?: string | undefined;
} & Partial<Pick<UpstreamLogin, 'settings' | 'connectTimeoutMs'>>;

async function dial({ login = 'by_scram', settings, connectTimeoutMs = 5_000, ...given }: Given = {}) {
  const database = testDatabase({ host: server.host, port: server.port, ...given }, login);
  const secret = 'password' in given ? given.password : password;
  return await postgresEngine.connect(testPermit(database, login), {
    database,
    login,
    password: secret === undefined ? undefined : new Secret(secret),
    settings: settings ?? new Map(),
    connectTimeoutMs,
    request: 'r-1',
  });
}

/** What the server knows of the backend behind a connection. */
async function backend(pid: string) {
  const { rows } = await admin.query(
    `SELECT usename AS login, s.ssl, application_name FROM pg_stat_activity a JOIN pg_stat_ssl s USING (pid) WHERE pid = $1`,
    [pid],
  );
  return rows[0];
}

describe('logging in at a real server', () => {
  const methods: readonly [login: string, tls: Database['tls']][] = [
    ['by_trust', 'off'],
    ['by_password', 'off'],
    ['by_md5', 'off'],
    ['by_scram', 'off'],
    ['by_trust', 'require'],
    ['by_password', 'verify-full'],
    ['by_md5', 'verify-ca'],
    ['by_scram', 'verify-full'],
    ['tls_only', 'verify-full'],
    ['tls_only', 'verify-ca'],
    ['tls_only', 'require'],
  ];

  test.each(methods)('works for %s with tls %s, as the login itself', async (login, tls) => {
    const upstream = await dial({ login, tls, tlsCa: caFile });
    expect(await backend(upstream.pid)).toMatchObject({ login, ssl: tls !== 'off' });
    expect(upstream.parameters.get('server_version')).toMatch(/^18/);
    upstream.close();
  });

  test('shows its certificate to a server that takes nothing else', async () => {
    const given = { login: 'by_cert', password: undefined, tls: 'verify-full', tlsCa: caFile } as const;
    const show = async (by: TestAuthority, name: string) => ({
      ...given,
      tlsClient: await writeCertificate(await by.issueClient(name), folder, name),
    });
    const upstream = await dial(await show(authority, 'by_cert'));
    expect(await backend(upstream.pid)).toMatchObject({ login: 'by_cert', ssl: true });
    upstream.close();

    const foreign = await makeAuthority('A foreign authority');
    for (const refused of [given, await show(authority, 'somebody'), await show(foreign, 'foreign')]) {
      expect((await refusalOf(dial(refused))).code).toBe('upstream_refused_login');
    }
    const absent = { certificate: join(folder, 'absent.crt'), privateKey: join(folder, 'absent.key') };
    expect((await refusalOf(dial({ ...given, tlsClient: absent }))).code).toBe('upstream_untrusted');
  });

  test('opens the session with the settings that the client asked for', async () => {
    const upstream = await dial({
      settings: new Map([
        ['application_name', 'a tool'],
        ['timezone', 'Asia/Tokyo'],
      ]),
    });
    expect(upstream.parameters.get('TimeZone')).toBe('Asia/Tokyo');
    expect(await backend(upstream.pid)).toMatchObject({ application_name: 'a tool' });
    upstream.close();
  });

  test('works by name, where several addresses may be tried', async () => {
    const upstream = await dial({ host: 'localhost', tls: 'verify-full', tlsCa: caFile });
    expect(upstream.closed).toBe(false);
    upstream.close();
  });

  const failures: readonly [why: string, given: Given, code: string, cause: RegExp][] = [
    ['the password is wrong', { password: 'wrong' }, 'upstream_refused_login', /28P01/],
    [
      'the password is wrong (md5)',
      { login: 'by_md5', password: 'wrong' },
      'upstream_refused_login',
      /28P01/,
    ],
    ['the role has no password', { password: undefined }, 'upstream_refused_login', /no password|has none/],
    ['the login does not exist', { login: 'nobody_here' }, 'upstream_refused_login', /28000/],
    ['the server wants TLS', { login: 'tls_only' }, 'upstream_refused_login', /28000/],
    ['the database does not exist', { upstreamName: 'nowhere' }, 'upstream_refused_login', /3D000/],
    ['the login has no room', { login: 'no_room' }, 'upstream_unreachable', /53300/],
    [
      'C13 the login may not log in any more',
      { login: 'shut_out' },
      'upstream_refused_login',
      /not permitted to log in/,
    ],
    ['C13 the password of the login has run out', { login: 'run_out' }, 'upstream_refused_login', /28P01/],
    ['nobody listens', { port: 1 }, 'upstream_unreachable', /ECONNREFUSED/],
    [
      'the authority is a stranger',
      { tls: 'verify-full' },
      'upstream_untrusted',
      /certificate|unable to verify/i,
    ],
    [
      'the authority is a stranger (verify-ca)',
      { tls: 'verify-ca' },
      'upstream_untrusted',
      /certificate|unable/i,
    ],
  ];

  test.each(failures)('fails clearly when %s', async (_, given, code, cause) => {
    const refusal = await refusalOf(
      dial(given.tls === undefined ? given : { ...given, tlsCa: strangerCaFile }),
    );
    expect(refusal.code).toBe(code);
    expect(String(refusal.cause)).toMatch(cause);
    expect(JSON.stringify([refusal.message, String(refusal.cause)])).not.toContain(password);
  });

  test('fails with verify-full when the certificate is for another name, and not with verify-ca', async () => {
    const other = await startPostgres({
      certificate: await authority.issue(['db.example']),
      hba: ['host all all 127.0.0.1/32 trust'],
    });
    const target = { port: other.port, login: 'postgres', tlsCa: caFile };
    const otherAdmin = await other.adminClient();
    await otherAdmin.query('CREATE ROLE by_trust LOGIN');
    await otherAdmin.end();
    const refusal = await refusalOf(dial({ ...target, login: 'by_trust', tls: 'verify-full' }));
    expect(refusal.code).toBe('upstream_untrusted');
    expect(String(refusal.cause)).toMatch(/altnames|Hostname/i);
    const upstream = await dial({ ...target, login: 'by_trust', tls: 'verify-ca' });
    upstream.close();
    await other.stop();
  });

  test('fails when the file of the authorities cannot be read', async () => {
    const refusal = await refusalOf(dial({ tls: 'verify-full', tlsCa: join(folder, 'missing.pem') }));
    expect(refusal.code).toBe('upstream_untrusted');
  });

  test('needs a genuine permit for this very login', async () => {
    const database = testDatabase({ host: server.host, port: server.port }, 'by_scram');
    const permit = testPermit(database, 'by_scram');
    const login = {
      database,
      login: 'by_scram',
      password: new Secret(password),
      settings: new Map(),
      connectTimeoutMs: 1_000,
      request: 'r-1',
    };
    await expect(postgresEngine.connect({ ...permit }, login)).rejects.toThrow(TypeError);
    await expect(postgresEngine.connect(permit, { ...login, login: 'by_md5' })).rejects.toThrow(TypeError);
  });
});

describe('a man in the middle who has a certificate of his own', () => {
  /** Terminates TLS on both sides and passes on what the server says, as `change` leaves it. */
  async function middleman(change: (bytes: Buffer) => Buffer): Promise<Server> {
    const pair = await (await makeAuthority('Mallory')).issue(['localhost']);
    const context = createSecureContext({ cert: pair.certificate, key: pair.privateKey });
    const mallory = createServer((socket) => {
      socket.once('data', () => {
        const genuine = connectTcp(server.port, server.host, () => genuine.write(sslRequest));
        genuine.once('data', () => {
          const toServer = connectTls({ socket: genuine, rejectUnauthorized: false });
          socket.write('S');
          const toVictim = new TLSSocket(socket, { isServer: true, secureContext: context });
          for (const side of [toServer, toVictim]) side.on('error', () => {});
          toVictim.pipe(toServer);
          toServer.on('data', (bytes: Buffer) => toVictim.write(change(bytes)));
          toServer.on('end', () => toVictim.end());
        });
      });
    });
    mallory.listen(0, '127.0.0.1');
    await once(mallory, 'listening');
    return mallory;
  }

  const attacks: readonly [how: string, change: (bytes: Buffer) => Buffer][] = [
    ['passes everything on', (bytes) => bytes],
    [
      'hides that the server can bind to the channel',
      (bytes) =>
        bytes[0] === 0x52 && bytes.readInt32BE(5) === 10
          ? message(0x52, Buffer.concat([int32(10), cStrings('SCRAM-SHA-256', '')]))
          : bytes,
    ],
  ];

  test.each(attacks)('A13 gets no session when he %s', async (_, change) => {
    const mallory = await middleman(change);
    const bound = mallory.address();
    if (bound === null || typeof bound === 'string') throw new TypeError('not listening');
    const refusal = await refusalOf(dial({ port: bound.port, login: 'tls_only', tls: 'require' }));
    expect(refusal.code).toBe('upstream_refused_login');
    expect(String(refusal.cause)).toMatch(/channel binding/i);
    mallory.close();
  });
});

describe('a server that is not what it should be', () => {
  let rogue: Server;
  let script: (socket: Socket, received: Buffer) => void;
  let seen: Buffer[] = [];

  beforeAll(async () => {
    rogue = createServer((socket) => {
      socket.on('error', () => {});
      socket.on('data', (chunk) => {
        seen.push(chunk);
        script(socket, chunk);
      });
    });
    rogue.listen(0, '127.0.0.1');
    await once(rogue, 'listening');
  });

  afterAll(() => {
    rogue.close();
  });

  /** Dials the rogue, which answers each thing that it receives with the next of `answers`. */
  async function refusalAfter(
    answers: readonly (Buffer | ((received: Buffer) => Buffer))[],
    given: Given = {},
  ) {
    const bound = rogue.address();
    if (bound === null || typeof bound === 'string') throw new TypeError('not listening');
    seen = [];
    let step = 0;
    script = (socket, received) => {
      const answer = answers[step];
      step += 1;
      if (answer !== undefined) socket.write(typeof answer === 'function' ? answer(received) : answer);
    };
    return await refusalOf(dial({ port: bound.port, connectTimeoutMs: 500, ...given }));
  }

  const auth = (code: number, data: Buffer = Buffer.alloc(0)) =>
    message(0x52, Buffer.concat([int32(code), data]));
  const offerScram = auth(10, cStrings('SCRAM-SHA-256', ''));
  const nonceOf = (received: Buffer) => /r=([^,]+)/.exec(received.toString('latin1'))?.[1] ?? '';
  const serverFirst = (of: (nonce: string) => string) => (received: Buffer) =>
    auth(11, Buffer.from(of(nonceOf(received))));
  const good = serverFirst((nonce) => `r=${nonce}x,s=c2FsdA==,i=4096`);

  const rogues: readonly [
    what: string,
    answers: readonly (Buffer | ((received: Buffer) => Buffer))[],
    code: string,
  ][] = [
    ['says nothing', [], 'upstream_unreachable'],
    [
      'asks for 4 billion SCRAM rounds',
      [offerScram, serverFirst((n) => `r=${n}x,s=c2FsdA==,i=4000000000`)],
      'upstream_untrusted',
    ],
    [
      'does not extend the nonce',
      [offerScram, serverFirst((n) => `r=${n},s=c2FsdA==,i=4096`)],
      'upstream_untrusted',
    ],
    [
      'has a nonce of its own',
      [offerScram, serverFirst(() => 'r=other,s=c2FsdA==,i=4096')],
      'upstream_untrusted',
    ],
    [
      'sends a nonce of a megabyte',
      [offerScram, serverFirst((n) => `r=${n}${'x'.repeat(1_000_000)},s=c2FsdA==,i=1`)],
      'upstream_untrusted',
    ],
    [
      'gives a wrong server signature',
      [offerScram, good, auth(12, Buffer.from('v=AAAA'))],
      'upstream_untrusted',
    ],
    ['says OK without its own proof', [offerScram, good, auth(0)], 'upstream_untrusted'],
    ['falls back to the clear password during SCRAM', [offerScram, auth(3)], 'upstream_refused_login'],
    ['asks for the clear password after MD5', [auth(5, Buffer.alloc(4)), auth(3)], 'upstream_refused_login'],
    ['offers mechanisms that nobody knows', [auth(10, cStrings('GS2-KRB5', ''))], 'upstream_refused_login'],
    ['asks for Kerberos', [auth(7)], 'upstream_refused_login'],
    [
      'sends an error without SQLSTATE',
      [message(0x45, Buffer.concat([cStrings('SFATAL'), Buffer.of(0)]))],
      'upstream_refused_login',
    ],
    ['sends an error of one byte', [message(0x45, Buffer.of(0))], 'upstream_refused_login'],
    [
      'declares a message of 1 GiB',
      [Buffer.concat([Buffer.from('R'), int32(2 ** 30)])],
      'upstream_untrusted',
    ],
    ['declares a negative length', [Buffer.concat([Buffer.from('R'), int32(-5)])], 'upstream_untrusted'],
    ['sends rows before the login', [message(0x44, Buffer.alloc(2))], 'upstream_untrusted'],
    [
      'is ready before it gave a key, in a transaction',
      [Buffer.concat([auth(0), message(0x5a, Buffer.from('T'))])],
      'upstream_untrusted',
    ],
    ['speaks another protocol', [Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n')], 'upstream_untrusted'],
    [
      'is starting up',
      [message(0x45, Buffer.concat([cStrings('SFATAL', 'C57P03', 'Mstarting'), Buffer.of(0)]))],
      'upstream_unreachable',
    ],
  ];

  test.each(rogues)('A13 is refused when it %s', async (_, answers, code) => {
    expect((await refusalAfter(answers)).code).toBe(code);
  });

  test('gets nothing when it declines TLS', async () => {
    const refusal = await refusalAfter([Buffer.from('N')], { tls: 'require' });
    expect(refusal.code).toBe('upstream_untrusted');
    expect(Buffer.concat(seen)).toHaveLength(8);
  });

  test('A01 gets nothing when bytes in the clear stand behind its agreement to TLS', async () => {
    const refusal = await refusalAfter([Buffer.concat([Buffer.from('S'), auth(0)])], { tls: 'require' });
    expect(refusal.code).toBe('upstream_untrusted');
    expect(Buffer.concat(seen)).toHaveLength(8);
  });
});
