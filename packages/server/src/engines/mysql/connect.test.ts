import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RowDataPacket } from 'mysql2';
import type { Connection } from 'mysql2/promise';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  makeAuthority,
  type TestAuthority,
  writeCertificate,
} from '../../../../../tests/support/certificates.ts';
import { testDatabase, testPermit } from '../../../../../tests/support/engine-door.ts';
import { startMysqlServer, type TestMysql } from '../../../../../tests/support/mysql.ts';
import { type MysqlVersion, mysqlVersions } from '../../../../../tests/support/mysql-builds.ts';
import { type Database, Secret } from '../../core/index.ts';
import { refusalOf } from '../../core/testing/index.ts';
import type { Upstream, UpstreamLogin } from '../engine.ts';
import { offeredCapabilities } from './client-settings.ts';
import { mysqlEngine } from './index.ts';

const password = 'S3cret of the rôle';

/** How each version makes an account of each plugin. */
const accounts: Readonly<Record<MysqlVersion, readonly (readonly [login: string, how: string])[]>> = {
  'mysql-9.7': [
    ['by_caching_sha2', `IDENTIFIED WITH caching_sha2_password BY '${password}'`],
    ['by_sha256', `IDENTIFIED WITH sha256_password BY '${password}'`],
  ],
  'mariadb-10.11': [
    ['by_native', `IDENTIFIED VIA mysql_native_password USING PASSWORD('${password}')`],
    ['by_ed25519', `IDENTIFIED VIA ed25519 USING PASSWORD('${password}')`],
  ],
  'mariadb-11.8': [
    ['by_native', `IDENTIFIED VIA mysql_native_password USING PASSWORD('${password}')`],
    ['by_ed25519', `IDENTIFIED VIA ed25519 USING PASSWORD('${password}')`],
    ['by_parsec', `IDENTIFIED VIA parsec USING PASSWORD('${password}')`],
    ['by_caching_sha2', `IDENTIFIED VIA caching_sha2_password USING PASSWORD('${password}')`],
  ],
};

const plugins: Readonly<Record<MysqlVersion, Readonly<Record<string, string>>>> = {
  'mysql-9.7': {},
  'mariadb-10.11': { plugin_load_add: 'auth_ed25519' },
  'mariadb-11.8': { plugin_load: 'auth_ed25519;auth_parsec;auth_mysql_sha2' },
};

const settingsOfClient = new Map([
  ['capabilities', String(offeredCapabilities)],
  ['collation', '45'],
]);

type Given = Partial<Database> & {
  readonly login?: string;
  readonly password?: string | undefined;
} & Partial<Pick<UpstreamLogin, 'settings' | 'connectTimeoutMs' | 'current'>>;

describe.for(mysqlVersions)('logging in at %s', (version) => {
  let server: TestMysql;
  let admin: Connection;
  let folder: string;
  let authority: TestAuthority;
  let caFile: string;
  let strangerCaFile: string;
  const [usual = ''] = accounts[version].map(([login]) => login);

  beforeAll(async () => {
    authority = await makeAuthority();
    server = await startMysqlServer(version, {
      tls: {
        certificate: await authority.issue(['localhost', '127.0.0.1']),
        authority: authority.certificate,
      },
      settings: { max_connections: '20', ...plugins[version] },
    });
    admin = await server.adminClient();
    await admin.query('CREATE DATABASE app');
    for (const [login, how] of accounts[version]) {
      await admin.query(`CREATE USER ${login}@'%' ${how}`);
      await admin.query(`GRANT ALL ON app.* TO ${login}@'%'`);
    }
    await admin.query("CREATE USER without_password@'%'");
    await admin.query("GRANT ALL ON app.* TO without_password@'%'");
    await admin.query(`CREATE USER tls_only@'%' IDENTIFIED BY '${password}' REQUIRE SSL`);
    await admin.query("GRANT ALL ON app.* TO tls_only@'%'");
    for (const [login, wanted] of [
      ['by_x509', 'X509'],
      ['by_subject', "SUBJECT '/CN=grantway'"],
    ]) {
      await admin.query(`CREATE USER ${login}@'%' IDENTIFIED BY '${password}' REQUIRE ${wanted}`);
      await admin.query(`GRANT ALL ON app.* TO ${login}@'%'`);
    }
    folder = await mkdtemp(join(tmpdir(), 'grantway-mysql-connect-test-'));
    caFile = join(folder, 'ca.pem');
    strangerCaFile = join(folder, 'stranger.pem');
    await writeFile(caFile, authority.certificate);
    await writeFile(strangerCaFile, (await makeAuthority('A stranger')).certificate);
  });

  afterAll(async () => {
    await admin.end();
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  });

  async function dial({ login = usual, settings, connectTimeoutMs = 5_000, current, ...given }: Given = {}) {
    const { host, port } = server;
    const where = { host, port, engine: 'mysql', upstreamName: 'app', ...given } as const;
    const database = testDatabase(where, login);
    const secret = 'password' in given ? given.password : password;
    return await mysqlEngine.connect(testPermit(database, login), {
      database,
      login,
      password: secret === undefined ? undefined : new Secret(secret),
      settings: settings ?? settingsOfClient,
      connectTimeoutMs,
      request: 'r-1',
      ...(current === undefined ? {} : { current }),
    });
  }

  /** Who the server takes a connection for. */
  async function loginOf(pid: string): Promise<unknown> {
    const look = 'SELECT user, db FROM information_schema.processlist WHERE id = ?';
    const [rows] = await admin.query<RowDataPacket[]>({ sql: look, values: [pid], rowsAsArray: true });
    return rows[0];
  }

  const matrix = accounts[version].flatMap(([login]) =>
    (['off', 'require', 'verify-ca', 'verify-full'] as const).map((tls) => [login, tls] as const),
  );

  test.for(matrix)('works for %s with tls %s, as the login itself', async ([login, tls]) => {
    // The second time the server may have the password in its cache.
    for (let round = 0; round < 2; round += 1) {
      const upstream = await dial({ login, tls, tlsCa: caFile });
      expect(await loginOf(upstream.pid)).toEqual([login, 'app']);
      await upstream.cancel();
      expect(await upstream.reset()).toBe('clean');
      upstream.close();
    }
  });

  test.for(['off', 'verify-full'] as const)('works without a password with tls %s', async (tls) => {
    const upstream = await dial({ login: 'without_password', password: undefined, tls, tlsCa: caFile });
    expect(await upstream.reset()).toBe('clean');
    upstream.close();
  });

  test('takes a login that must use TLS over TLS only', async () => {
    const upstream = await dial({ login: 'tls_only', tls: 'verify-full', tlsCa: caFile });
    upstream.close();
    expect((await refusalOf(dial({ login: 'tls_only', tls: 'off' }))).code).toBe('upstream_refused_login');
  });

  test('shows its certificate for logins that require one', async () => {
    const show = async (name: string) => ({
      tls: 'verify-full' as const,
      tlsCa: caFile,
      tlsClient: await writeCertificate(await authority.issueClient(name), folder, name),
    });
    const ours = await show('grantway');
    for (const login of ['by_x509', 'by_subject']) {
      const upstream = await dial({ login, ...ours });
      expect(await loginOf(upstream.pid)).toEqual([login, 'app']);
      // Both log in once more.
      await upstream.cancel();
      expect(await upstream.reset()).toBe('clean');
      upstream.close();
      const without = { login, tls: 'verify-full', tlsCa: caFile } as const;
      expect((await refusalOf(dial(without))).code).toBe('upstream_refused_login');
    }
    const other = { login: 'by_subject', ...(await show('somebody')) };
    expect((await refusalOf(dial(other))).code).toBe('upstream_refused_login');
  });

  test('ends a statement also when the password of its session is good no more', async () => {
    const login = 'rotated';
    await admin.query(`CREATE USER ${login}@'%' IDENTIFIED BY '${password}'`);
    await admin.query(`GRANT ALL ON app.* TO ${login}@'%'`);
    /** The staged one of a rotation that has not reached the server comes first. */
    async function* current() {
      for (const text of ['staged', 'rotated-since']) yield { login, password: new Secret(text) };
    }
    const knows = await dial({ login, tls: 'verify-full', tlsCa: caFile, current });
    const doesNot = await dial({ login, tls: 'verify-full', tlsCa: caFile });
    await admin.query(`ALTER USER ${login}@'%' IDENTIFIED BY 'rotated-since'`);
    const kills = async () =>
      (await admin.query<RowDataPacket[]>("SHOW GLOBAL STATUS LIKE 'Com_kill'"))[0][0];
    const before = Number((await kills())?.Value);
    await doesNot.cancel();
    expect(Number((await kills())?.Value)).toBe(before);
    await knows.cancel();
    expect(Number((await kills())?.Value)).toBe(before + 1);
    // Also the one that nothing was said about can be used again.
    for (const upstream of [knows, doesNot]) {
      expect(await upstream.reset()).toBe('clean');
      upstream.close();
    }
  });

  const refused: readonly [what: string, given: Given, code: string, cause: RegExp][] = [
    ['a wrong password', { password: 'wrong' }, 'upstream_refused_login', /1045/],
    ['a login that is not there', { login: 'nobody' }, 'upstream_refused_login', /1045/],
    ['no password where one is needed', { password: undefined }, 'upstream_refused_login', /password|1045/],
    ['a database that is not there', { upstreamName: 'nowhere' }, 'upstream_refused_login', /104[49]/],
    ['a database without rights on it', { upstreamName: 'mysql' }, 'upstream_refused_login', /1044/],
    ['a port where nobody listens', { port: 1 }, 'upstream_unreachable', /ECONNREFUSED/],
  ];
  test.for(refused)('fails for %s', async ([, given, code, cause]) => {
    const refusal = await refusalOf(dial(given));
    expect(refusal.code).toBe(code);
    expect(String(refusal.cause)).toMatch(cause);
    expect(refusal.message).not.toContain('1045');
  });

  test('fails when the certificate is of an authority that is not trusted', async () => {
    for (const tls of ['verify-ca', 'verify-full'] as const) {
      expect((await refusalOf(dial({ tls, tlsCa: strangerCaFile }))).code).toBe('upstream_untrusted');
    }
    const refusal = await refusalOf(dial({ tls: 'verify-full', tlsCa: join(folder, 'absent.pem') }));
    expect(refusal.code).toBe('upstream_untrusted');
  });

  test('says that the database is out of reach, and not that the login is wrong, when there is no room', async () => {
    await admin.query('SET GLOBAL max_connections = 10');
    const open: Upstream[] = [];
    let refusal: unknown;
    while (refusal === undefined) {
      await dial().then(
        (upstream) => open.push(upstream),
        (thrown: unknown) => {
          refusal = thrown;
        },
      );
    }
    for (const upstream of open) upstream.close();
    await admin.query('SET GLOBAL max_connections = 20');
    expect(refusal).toMatchObject({ code: 'upstream_unreachable' });
  });

  test('needs a genuine permit for this very login', async () => {
    const { host, port } = server;
    const database = testDatabase({ host, port, engine: 'mysql' }, usual);
    const login = {
      database,
      login: usual,
      password: undefined,
      settings: settingsOfClient,
      connectTimeoutMs: 1_000,
      request: 'r',
    };
    await expect(mysqlEngine.connect({ ...testPermit(database, usual) }, login)).rejects.toThrow(TypeError);
    const forAnother = { ...login, login: 'root' };
    await expect(mysqlEngine.connect(testPermit(database, usual), forAnother)).rejects.toThrow(TypeError);
  });
});
