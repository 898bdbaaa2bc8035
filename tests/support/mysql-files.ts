import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chown, mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type CertificatePair, writeCertificate } from './certificates.ts';
import { canMakeDebianFolders } from './debian-folder.ts';
import type { MysqlBuild } from './mysql-builds.ts';
import type { ServerDirectory, ServerProgram } from './server-program.ts';

const run = promisify(execFile);

/** What a server of one test is started with. */
export interface MysqlSettings {
  readonly port: number;
  /** Statements that run at every start before anybody can connect, each on one line. */
  readonly atStart: readonly string[];
  readonly tls?: MysqlTls;
  /** Settings by name, as in the `[mysqld]` section. */
  readonly settings: Readonly<Record<string, string>>;
}

/** What a server shows, and whose certificates it takes. */
export interface MysqlTls {
  readonly certificate: CertificatePair;
  /** PEM of the authority whose client certificates it takes. */
  readonly authority: string;
}

/** Writes the option file and what it names, beside a fresh data directory, and hands all to the server's account. */
export async function writeMysqlFiles(
  build: MysqlBuild,
  program: ServerProgram,
  directory: ServerDirectory,
  settings: MysqlSettings,
): Promise<readonly string[]> {
  const at = (file: string) => join(directory.servers, file);
  const write = async (file: string, text: string) =>
    await writeFile(join(directory.ours, file), text, { mode: 0o600 });

  await run('cp', ['-Rp', await dataTemplate(build, program), join(directory.ours, 'data')]);
  await write('start.sql', `${settings.atStart.join(';\n')};\n`);
  if (settings.tls !== undefined) {
    await writeCertificate(settings.tls.certificate, directory.ours, 'server');
    await write('authority.crt', settings.tls.authority);
  }
  const tls =
    settings.tls === undefined
      ? withoutTls[build.product]
      : { ssl_cert: at('server.crt'), ssl_key: at('server.key'), ssl_ca: at('authority.crt') };
  const all = {
    datadir: at('data'),
    socket: at('server.sock'),
    pid_file: at('server.pid'),
    init_file: at('start.sql'),
    port: String(settings.port),
    bind_address: '127.0.0.1',
    skip_name_resolve: 'ON',
    character_set_server: 'utf8mb4',
    innodb_buffer_pool_size: '16M',
    // A test's data is worth nothing after it.
    innodb_flush_log_at_trx_commit: '0',
    ...build.settings,
    ...tls,
    ...settings.settings,
  };
  const lines = Object.entries(all).map(([name, value]) => `${name} = ${value}`);
  await write('server.cnf', ['[mysqld]', ...lines, ''].join('\n'));
  if (program.owner !== undefined) {
    const { uid, gid } = program.owner;
    for (const file of ['.', ...(await readdir(directory.ours))]) {
      if (file !== 'data') await chown(join(directory.ours, file), uid, gid);
    }
  }
  return [`--defaults-file=${at('server.cnf')}`];
}

/** A server makes certificates of its own otherwise. */
const withoutTls: Readonly<Record<MysqlBuild['product'], Readonly<Record<string, string>>>> = {
  mysql: { tls_version: "''", auto_generate_certs: 'OFF' },
  mariadb: { ssl: 'OFF' },
};

const made = new Map<string, Promise<string>>();

/** A data directory as it is after the installation. Making one takes seconds, copying it less than one. */
async function dataTemplate(build: MysqlBuild, program: ServerProgram): Promise<string> {
  const known = made.get(build.title) ?? makeTemplate(build, program);
  made.set(build.title, known);
  return await known;
}

async function makeTemplate(build: MysqlBuild, program: ServerProgram): Promise<string> {
  const version = await answerOf(program, [build.program, '--version']);
  const words = [version, program.owner?.uid, ...build.initialize('')].join(' ');
  const digest = createHash('sha256').update(words).digest('hex').slice(0, 8);
  const place = canMakeDebianFolders() ? join(program.root, 'var/cache/grantway-tests') : tmpdir();
  const template = join(place, `${build.program}-data-${digest}`);
  if (existsSync(template)) return template;

  await mkdir(place, { recursive: true });
  const directory = await program.makeDirectory('grantway-mysql-template-');
  try {
    if (program.owner !== undefined) await chown(directory.ours, program.owner.uid, program.owner.gid);
    await answerOf(program, build.initialize(join(directory.servers, 'data')));
    const data = join(directory.ours, 'data');
    // Each server makes a name of its own when there is none.
    await rm(join(data, 'auto.cnf'), { force: true });
    // Somebody who made the same one meanwhile wins.
    await rename(data, template).catch((cause: unknown) => {
      if (!existsSync(template)) throw cause;
    });
  } finally {
    await rm(directory.ours, { recursive: true, force: true });
  }
  return template;
}

async function answerOf(program: ServerProgram, [name, ...args]: readonly [string, ...string[]]) {
  const [command, ...before] = program.command(name);
  const { stdout } = await run(command, [...before, ...args], { ...program.account, cwd: '/' });
  return stdout;
}
