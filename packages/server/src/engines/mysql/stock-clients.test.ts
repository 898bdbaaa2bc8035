import { type ChildProcess, spawn } from 'node:child_process';
import { chmod, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createSecureContext, type SecureContext } from 'node:tls';
import { createConnection as createMariadb } from 'mariadb';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { makeAuthority } from '../../../../../tests/support/certificates.ts';
import type { EngineDoor } from '../../../../../tests/support/engine-door.ts';
import { type MysqlVersion, mysqlBuilds, mysqlVersions } from '../../../../../tests/support/mysql-builds.ts';
import { MysqlFixture, mysqlDriver, rowsOf } from '../../../../../tests/support/mysql-fixture.ts';
import {
  findServerProgram,
  type ServerDirectory,
  type ServerProgram,
} from '../../../../../tests/support/server-program.ts';
import { Refusal } from '../../core/index.ts';

const token = 'gwt_0123456789012345678901234567890123456789abc';

/** As a file of an identity provider has it: MySQL's client checks the shape of a JWT. */
const identity = 'aGVhZA.Ym9keQ.c2ln';

let fixture: MysqlFixture;
let authority: string;
let tls: SecureContext;

beforeAll(async () => {
  const made = await makeAuthority();
  const pair = await made.issue(['localhost', '127.0.0.1']);
  authority = made.certificate;
  tls = createSecureContext({ cert: pair.certificate, key: pair.privateKey });
  fixture = await MysqlFixture.start('mariadb-10.11');
  await fixture.admin.query('CREATE TABLE app.t (id INT)');
  await fixture.admin.query('INSERT INTO app.t VALUES (1), (2), (3)');
});
afterEach(() => fixture.closeDoors());
afterAll(() => fixture.stop());

/** What a door learned of the one client that signed in. */
function signedIn(door: EngineDoor) {
  const [accepted] = door.accepted;
  if (accepted?.kind !== 'login') throw new Error(`not a login: ${accepted?.kind}`);
  const { credential, encrypted, databaseHint } = accepted.client;
  return { token: credential.reveal(), encrypted, databaseHint };
}

describe('the drivers', () => {
  test('mysql2 signs in with TLS and on loopback without, and no option more', async () => {
    for (const encrypted of [true, false]) {
      const door = await fixture.open({ tls });
      const client = await mysqlDriver(door, {
        password: token,
        database: 'app',
        ...(encrypted ? { ssl: { ca: authority } } : {}),
      });
      expect(await rowsOf(client, 'SELECT COUNT(*) FROM t')).toEqual([[3]]);
      await client.end();
      expect(signedIn(door)).toEqual({ token, encrypted, databaseHint: 'app' });
    }
  });

  test('that of MariaDB signs in with TLS, and on loopback without when it may ask for the key', async () => {
    for (const encrypted of [true, false]) {
      const door = await fixture.open({ tls });
      const client = await createMariadb({
        host: '127.0.0.1',
        port: door.port,
        user: 'readonly',
        password: token,
        database: 'app',
        ...(encrypted ? { ssl: { ca: authority } } : { allowPublicKeyRetrieval: true }),
      });
      expect(await client.query({ sql: 'SELECT COUNT(*) AS n FROM t', rowsAsArray: true })).toEqual([[3n]]);
      await client.end();
      expect(signedIn(door)).toEqual({ token, encrypted, databaseHint: 'app' });
    }
  });

  test('get the error of their protocol without TLS where it is demanded, and their token stays with them', async () => {
    const door = await fixture.open({ tls, clearTextAllowed: false });
    await expect(mysqlDriver(door, { password: token })).rejects.toMatchObject({ errno: 3159 });
    const { port } = door;
    await expect(
      createMariadb({ host: '127.0.0.1', port, user: 'a', password: token, allowPublicKeyRetrieval: true }),
    ).rejects.toMatchObject({ errno: 3159 });
    await door.settled();
    expect(door.accepted).toMatchObject([{ kind: 'refused' }, { kind: 'refused' }]);
  });
});

interface Run {
  readonly child: ChildProcess;
  readonly output: Promise<string>;
}

describe.for(mysqlVersions)('the command line client of %s', (version) => {
  let program: ServerProgram;
  let directory: ServerDirectory;
  const build = mysqlBuilds[version];

  beforeAll(async () => {
    program = await findServerProgram(build);
    directory = await program.makeDirectory('grantway-client-test-');
    await chmod(directory.ours, 0o755);
    await writeFile(join(directory.ours, 'ca.pem'), authority);
    await writeFile(join(directory.ours, 'identity'), `${identity}\n`);
  });
  afterAll(() => rm(directory.ours, { recursive: true, force: true }));

  function start(door: EngineDoor, args: readonly string[]): Run {
    const [command, ...before] = program.command(build.client);
    const where = ['--no-defaults', '--host=127.0.0.1', `--port=${door.port}`, '--user=readonly'];
    const child = spawn(command, [...before, ...where, ...args, 'app'], { ...program.account, cwd: '/' });
    let text = '';
    const keep = (chunk: string) => {
      text += chunk;
    };
    child.stdout.setEncoding('utf8').on('data', keep);
    child.stderr.setEncoding('utf8').on('data', keep);
    return { child, output: new Promise((resolve) => child.once('close', () => resolve(text))) };
  }

  const ca = () => join(directory.servers, 'ca.pem');
  const password = `--password=${token}`;
  type Way = readonly [how: string, args: () => readonly string[], encrypted: boolean, gives?: string];
  const ofMysql: readonly Way[] = [
    ['with nothing but the token', () => [password], true],
    ['with a checked certificate', () => [password, '--ssl-mode=VERIFY_CA', `--ssl-ca=${ca()}`], true],
    ['without TLS, by our key', () => [password, '--ssl-mode=DISABLED', '--get-server-public-key'], false],
    [
      'with a clear password inside TLS',
      () => [password, '--enable-cleartext-plugin', '--default-auth=mysql_clear_password'],
      true,
    ],
    [
      'with an identity token',
      () => [
        '--default-auth=authentication_openid_connect_client',
        `--authentication-openid-connect-client-id-token-file=${join(directory.servers, 'identity')}`,
      ],
      true,
      identity,
    ],
  ];
  const ofMariadb: readonly Way[] = [
    ['with a checked certificate', () => [password, '--ssl-verify-server-cert', `--ssl-ca=${ca()}`], true],
    ['without TLS, by our key', () => [password, '--skip-ssl'], false],
    [
      'with another plugin to begin with',
      () => [password, `--ssl-ca=${ca()}`, '--default-auth=client_ed25519'],
      true,
    ],
  ];
  const ways: Readonly<Record<MysqlVersion, readonly Way[]>> = {
    'mysql-9.7': ofMysql,
    'mariadb-10.11': ofMariadb,
    'mariadb-11.8': ofMariadb,
  };

  test.for(ways[version])('signs in %s', async ([, args, encrypted, gives = token]) => {
    const door = await fixture.open({ tls });
    const { output } = start(door, [...args(), '--skip-column-names', '--execute=SELECT COUNT(*) FROM t']);
    expect((await output).replaceAll(/^.*Warning.*\n/gm, '')).toBe('3\n');
    expect(signedIn(door)).toEqual({ token: gives, encrypted, databaseHint: 'app' });
  });

  test('is told to use TLS where it is demanded, and its token stays with it', async () => {
    const door = await fixture.open({ tls, clearTextAllowed: false });
    const without = version === 'mysql-9.7' ? '--ssl-mode=DISABLED' : '--skip-ssl';
    expect(await start(door, [password, without, '--execute=SELECT 1']).output).toContain('ERROR 3159');
    await door.settled();
    expect(door.accepted).toMatchObject([{ kind: 'refused' }]);
  });

  test('cancels its statement by Ctrl-C, and its session goes on', async () => {
    const door = await fixture.open({ tls });
    const { child, output } = start(door, [password, `--ssl-ca=${ca()}`, '--force', '--unbuffered']);
    child.stdin?.write("SELECT SLEEP(60), 'by hand';\nSELECT 'after' AS went;\n");
    await fixture.runs('by hand', true);
    child.kill('SIGINT');
    await fixture.runs('by hand', false);
    child.stdin?.end();
    expect(await output).toContain('after');
    await door.settled();
    expect(door.statements).toContainEqual(
      expect.objectContaining({ text: "SELECT SLEEP(60), 'by hand'", outcome: 'cancelled' }),
    );
  });

  test('shows why its session was ended', async () => {
    const door = await fixture.open({ tls });
    const { child, output } = start(door, [password, `--ssl-ca=${ca()}`, '--unbuffered']);
    child.stdin?.write("SELECT SLEEP(60), 'to be ended';\n");
    await fixture.runs('to be ended', true);
    child.stdin?.end();
    await door.relays[0]?.stop(new Refusal('access_revoked', { reason: 'a test' }), 1_500);
    expect(await output).toContain('Your access was revoked: a test');
  });
});
