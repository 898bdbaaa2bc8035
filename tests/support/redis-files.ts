import { chown, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ServerAccount } from '../../packages/server/src/demo/server-account.ts';
import { type CertificatePair, writeCertificate } from './certificates.ts';
import type { ServerDirectory } from './server-program.ts';

/** What a server of one test is started with. */
export interface RedisSettings {
  readonly port: number;
  readonly tlsPort?: number;
  /** Lines of the ACL. */
  readonly acl: readonly string[];
  /**
   * Where the server keeps its users: in an ACL file, in its configuration file, or nowhere, because it was started
   * without a file.
   */
  readonly usersIn: 'aclfile' | 'config' | 'memory';
  readonly tls?: RedisTls;
  /** Settings by name, as in `redis.conf`; several words where a setting takes them. */
  readonly settings: Readonly<Record<string, string | readonly string[]>>;
}

/** What a server shows and wants when it offers TLS. */
export interface RedisTls {
  readonly certificate: CertificatePair;
  /** PEM of the authority whose client certificates it takes. */
  readonly authority: string;
  /** What it shows to other servers. */
  readonly asClient?: CertificatePair;
  /** Clients must show one. Default false. */
  readonly wantsClients?: boolean;
}

/** Writes the files that a server starts with, hands them to its account, and gives the arguments that name them. */
export async function writeRedisFiles(
  directory: ServerDirectory,
  settings: RedisSettings,
  owner: ServerAccount,
): Promise<readonly string[]> {
  const at = (file: string) => join(directory.servers, file);
  const write = async (file: string, lines: readonly string[]) =>
    await writeFile(join(directory.ours, file), `${lines.join('\n')}\n`, { mode: 0o600 });

  const lines = [...settingLines(directory, settings)];
  if (settings.tls !== undefined) {
    await writeCertificate(settings.tls.certificate, directory.ours, 'server');
    await write('clients.crt', [settings.tls.authority]);
    if (settings.tls.asClient !== undefined)
      await writeCertificate(settings.tls.asClient, directory.ours, 'as-client');
  }
  if (settings.usersIn === 'aclfile') {
    await write('users.acl', settings.acl);
    lines.push(['aclfile', at('users.acl')]);
  } else {
    for (const line of settings.acl) lines.push(line.split(' '));
  }
  if (settings.usersIn !== 'memory') {
    await write(
      'server.conf',
      lines.map((words) => words.map(quoted).join(' ')),
    );
  }
  if (owner !== undefined) {
    for (const file of ['.', ...(await readdir(directory.ours))]) {
      await chown(join(directory.ours, file), owner.uid, owner.gid);
    }
  }
  return settings.usersIn === 'memory'
    ? lines.flatMap(([name, ...values]) => [`--${name}`, ...values])
    : [at('server.conf')];
}

function settingLines(directory: ServerDirectory, settings: RedisSettings): readonly string[][] {
  const at = (file: string) => join(directory.servers, file);
  const tls: Readonly<Record<string, string>> =
    settings.tls === undefined
      ? {}
      : {
          'tls-port': String(settings.tlsPort),
          'tls-cert-file': at('server.crt'),
          'tls-key-file': at('server.key'),
          'tls-ca-cert-file': at('clients.crt'),
          ...(settings.tls.asClient === undefined
            ? {}
            : { 'tls-client-cert-file': at('as-client.crt'), 'tls-client-key-file': at('as-client.key') }),
          'tls-auth-clients': settings.tls.wantsClients ? 'yes' : 'no',
        };
  const all: RedisSettings['settings'] = {
    bind: '127.0.0.1',
    port: String(settings.port),
    dir: directory.servers,
    // A test's data is worth nothing after it.
    save: '',
    ...tls,
    ...settings.settings,
  };
  return Object.entries(all).map(([name, value]) => [name, ...[value].flat()]);
}

/** As `redis.conf` takes a word that is empty or has spaces. */
function quoted(word: string): string {
  return /^[^\s"'\\]+$/.test(word) ? word : JSON.stringify(word);
}
