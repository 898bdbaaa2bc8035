import { spawn } from 'node:child_process';
import { createCipheriv } from 'node:crypto';
import { chmod, chown, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createSecureContext, type SecureContext } from 'node:tls';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { makeAuthority } from '../../../tests/support/certificates.ts';
import { mysqlBuilds, mysqlVersions } from '../../../tests/support/mysql-builds.ts';
import { MysqlFixture } from '../../../tests/support/mysql-fixture.ts';
import {
  findServerProgram,
  type ServerDirectory,
  type ServerProgram,
} from '../../../tests/support/server-program.ts';
import { databasePrograms } from './database-programs.ts';

const token = 'gwt_0123456789012345678901234567890123456789abc';

let fixture: MysqlFixture;
let authority: string;
let stranger: string;
let tls: SecureContext;

beforeAll(async () => {
  const made = await makeAuthority();
  const pair = await made.issue(['localhost', '127.0.0.1']);
  authority = made.certificate;
  stranger = (await makeAuthority('A stranger')).certificate;
  tls = createSecureContext({ cert: pair.certificate, key: pair.privateKey });
  fixture = await MysqlFixture.start('mariadb-10.11');
});
afterEach(() => fixture.closeDoors());
afterAll(() => fixture.stop());

describe.for(mysqlVersions)('the client of %s, started by connect', (version) => {
  let program: ServerProgram;
  let directory: ServerDirectory;
  const build = mysqlBuilds[version];

  beforeAll(async () => {
    program = await findServerProgram(build);
    directory = await program.makeDirectory('grantway-connect-test-');
    await chmod(directory.ours, 0o755);
    await writeFile(join(directory.ours, 'ca.pem'), authority);
    await writeFile(join(directory.ours, 'stranger.pem'), stranger);
  });
  afterAll(() => rm(directory.ours, { recursive: true, force: true }));

  async function connect(file?: string, own: NodeJS.ProcessEnv = process.env) {
    const door = await fixture.open({ tls });
    const client = databasePrograms.get('mysql')?.find(({ command }) => command === build.client);
    if (client === undefined) throw new Error(`no ${build.client}`);
    const where = { host: '127.0.0.1', port: door.port, username: 'readonly', database: 'app' };
    const target = {
      connection: { ...where, role: 'readonly', engine: 'mysql' },
      ...(file === undefined ? {} : { ca: join(directory.servers, file) }),
    };
    const [command, ...before] = program.command(build.client);
    const args = [...client.args(target), '--skip-column-names', "--execute=SELECT 'in'"];
    const child = spawn(command, [...before, ...args], {
      ...program.account,
      cwd: '/',
      env: { ...client.environment(own, target, token) },
    });
    let output = '';
    const keep = (chunk: string) => {
      output += chunk;
    };
    child.stdout.setEncoding('utf8').on('data', keep);
    child.stderr.setEncoding('utf8').on('data', keep);
    await new Promise((resolve) => child.once('close', resolve));
    const [accepted] = door.accepted;
    if (accepted?.kind !== 'login') return { output, encrypted: false, shown: undefined };
    return { output, encrypted: accepted.client.encrypted, shown: accepted.client.credential.reveal() };
  }

  test('is in by TLS, also where the gateway made its certificate itself', async () => {
    const { output, encrypted } = await connect();
    expect(output).toContain('in\n');
    expect(encrypted).toBe(true);
  });

  test('checks the certificate when it is told the authority', async () => {
    const { output, encrypted } = await connect('ca.pem');
    expect(output).toContain('in\n');
    expect(encrypted).toBe(true);
    const refused = await connect('stranger.pem');
    expect(refused.output).toMatch(/ERROR 2026/);
    expect(refused.encrypted).toBe(false);
  });

  test('shows the token, and no password that its person keeps for other servers', async () => {
    const kept = join(directory.ours, '.mylogin.cnf');
    await writeFile(kept, loginPathFile(['[client]', 'password = "of another server"']), { mode: 0o600 });
    if (program.owner !== undefined) await chown(kept, program.owner.uid, program.owner.gid);
    const { shown } = await connect(undefined, { ...process.env, HOME: directory.servers });
    expect(shown).toBe(token);
  });
});

/** What mysql_config_editor writes: four NUL, a key of 20 bytes, and each line under it with its length before. */
function loginPathFile(lines: readonly string[]): Buffer {
  const key = Buffer.from(Array.from({ length: 20 }, (_, at) => at + 1));
  const folded = Buffer.alloc(16);
  for (const [at, byte] of key.entries()) folded[at % 16] = (folded[at % 16] ?? 0) ^ byte;
  const records = lines.map((line) => {
    const cipher = createCipheriv('aes-128-ecb', folded, null);
    const text = Buffer.concat([cipher.update(`${line}\n`), cipher.final()]);
    const length = Buffer.alloc(4);
    length.writeUInt32LE(text.length);
    return Buffer.concat([length, text]);
  });
  return Buffer.concat([Buffer.alloc(4), key, ...records]);
}
