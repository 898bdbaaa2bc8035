import { chown, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { freePort } from '../../packages/server/src/demo/free-port.ts';
import { writeCertificate } from './certificates.ts';
import type { RedisTls } from './redis-files.ts';
import { redisBuilds } from './redis-program.ts';
import { startServer } from './server-process.ts';
import { findServerProgram } from './server-program.ts';

/** What the Sentinels of a test call the primary. */
export const watchedName = 'test-primary';

/** What Sentinels that want a password tell each other. */
const peerAccount: SentinelAccount = { user: 'peer', password: 'between-sentinels' };

/** Real Sentinels that watch one primary. */
export interface TestSentinels {
  readonly addresses: readonly { readonly host: string; readonly port: number }[];
  /** Resolves when each knows the two others and a replica, so that they can agree on a failover. */
  haveFoundEachOther(): Promise<void>;
  stop(): Promise<void>;
}

/** What Grantway's account at Sentinels needs (`docs/redis.md`). */
const askerRules = [
  '+auth',
  '+sentinel|get-master-addr-by-name',
  '+sentinel|replicas',
  '+subscribe',
] as const;

/** A user and the password. */
export interface SentinelAccount {
  readonly user: string;
  readonly password: string;
}

export interface TestSentinelOptions {
  /** Where their primary listens. */
  readonly primary: { readonly host: string; readonly port: number };
  /** Whom they log in as; the primary and its replicas know the user by the same password. */
  readonly watcher: SentinelAccount;
  /** Whom they let in beside each other, to ask where the primary is; by default everybody. */
  readonly asker?: SentinelAccount;
  /** They then take TLS alone, and speak it to the servers. */
  readonly tls?: RedisTls;
}

/** Starts three Sentinels, of which two decide, and which take a primary for dead after half a second. */
export async function startSentinels(options: TestSentinelOptions): Promise<TestSentinels> {
  const build = redisBuilds['7'];
  const program = await findServerProgram(build);
  const stops: (() => Promise<void>)[] = [];
  const addresses: { host: string; port: number }[] = [];
  while (addresses.length < 3) {
    const directory = await program.makeDirectory('grantway-sentinel-test-');
    const port = await freePort();
    const lines = ['bind 127.0.0.1', `dir ${directory.servers}`, ...sentinelLines(options)];
    if (options.tls === undefined) lines.push(`port ${port}`);
    else {
      await writeCertificate(options.tls.certificate, directory.ours, 'sentinel');
      await writeFile(join(directory.ours, 'ca.crt'), options.tls.authority);
      const at = (name: string) => join(directory.servers, name);
      lines.push('port 0', `tls-port ${port}`, 'tls-replication yes', 'tls-auth-clients no');
      lines.push(`tls-cert-file ${at('sentinel.crt')}`, `tls-key-file ${at('sentinel.key')}`);
      lines.push(`tls-ca-cert-file ${at('ca.crt')}`);
    }
    await writeFile(join(directory.ours, 'sentinel.conf'), `${lines.join('\n')}\n`, { mode: 0o600 });
    if (program.owner !== undefined) {
      for (const name of ['.', ...(await readdir(directory.ours))])
        await chown(join(directory.ours, name), program.owner.uid, program.owner.gid);
    }
    const server = await startServer({
      title: 'a Sentinel',
      build: program,
      program: build.program,
      args: [join(directory.servers, 'sentinel.conf'), '--sentinel'],
      ready: /\+monitor master/,
      directory,
    });
    addresses.push({ host: '127.0.0.1', port });
    stops.push(() => server.stop());
  }
  return {
    addresses,
    haveFoundEachOther: async () => {
      for (const { port } of addresses) {
        const client = new Redis({
          port,
          host: '127.0.0.1',
          enableReadyCheck: false,
          disableClientInfo: true,
          ...(options.asker === undefined
            ? {}
            : { username: peerAccount.user, password: peerAccount.password }),
          ...(options.tls === undefined ? {} : { tls: { ca: options.tls.authority } }),
        });
        client.on('error', () => {});
        while (!/status=ok,.*,slaves=1,sentinels=3/.test(await client.info('sentinel'))) {
          await new Promise((resolve) => setTimeout(resolve, 50));
        }
        client.disconnect();
      }
    },
    stop: async () => {
      for (const stop of stops) await stop();
    },
  };
}

function sentinelLines({ primary, watcher, asker }: TestSentinelOptions): readonly string[] {
  return [
    `sentinel monitor ${watchedName} ${primary.host} ${primary.port} 2`,
    `sentinel auth-user ${watchedName} ${watcher.user}`,
    `sentinel auth-pass ${watchedName} ${watcher.password}`,
    `sentinel down-after-milliseconds ${watchedName} 500`,
    `sentinel failover-timeout ${watchedName} 2000`,
    ...(asker === undefined
      ? []
      : [
          'user default off',
          `user ${peerAccount.user} on >${peerAccount.password} &* +@all`,
          `user ${asker.user} on >${asker.password} resetchannels &+switch-master -@all ${askerRules.join(' ')}`,
          `sentinel sentinel-user ${peerAccount.user}`,
          `sentinel sentinel-pass ${peerAccount.password}`,
        ]),
  ];
}
