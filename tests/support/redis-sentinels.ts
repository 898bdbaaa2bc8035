import { chown, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { freePort } from '../../packages/server/src/demo/free-port.ts';
import type { TestRedis } from './redis.ts';
import { redisBuilds } from './redis-program.ts';
import { endServerProcess, startServerProcess } from './server-process.ts';
import { findServerProgram } from './server-program.ts';

/** What the Sentinels of a test call the primary. */
export const watchedName = 'test-primary';

/** Real Sentinels that watch one primary. */
export interface TestSentinels {
  readonly addresses: readonly { readonly host: string; readonly port: number }[];
  /** Resolves when each knows the two others and a replica, so that they can agree on a failover. */
  haveFoundEachOther(): Promise<void>;
  stop(): Promise<void>;
}

/**
 * Starts three Sentinels, of which two decide, and which take a primary for dead after half a second. They log in with
 * `watcher`, whom the primary and its replicas know by the same password.
 */
export async function startSentinels(
  primary: TestRedis,
  watcher: { readonly user: string; readonly password: string },
): Promise<TestSentinels> {
  const build = redisBuilds['7'];
  const program = await findServerProgram(build);
  const stops: (() => Promise<void>)[] = [];
  const addresses: { host: string; port: number }[] = [];
  while (addresses.length < 3) {
    const directory = await program.makeDirectory('grantway-sentinel-test-');
    const port = await freePort();
    const file = join(directory.ours, 'sentinel.conf');
    await writeFile(
      file,
      [
        'bind 127.0.0.1',
        `port ${port}`,
        `dir ${directory.servers}`,
        `sentinel monitor ${watchedName} ${primary.host} ${primary.port} 2`,
        `sentinel auth-user ${watchedName} ${watcher.user}`,
        `sentinel auth-pass ${watchedName} ${watcher.password}`,
        `sentinel down-after-milliseconds ${watchedName} 500`,
        `sentinel failover-timeout ${watchedName} 2000`,
        '',
      ].join('\n'),
      { mode: 0o600 },
    );
    if (program.owner !== undefined) {
      for (const path of [directory.ours, file]) await chown(path, program.owner.uid, program.owner.gid);
    }
    let log = '';
    const child = await startServerProcess({
      build: program,
      program: build.program,
      args: [join(directory.servers, 'sentinel.conf'), '--sentinel'],
      ready: /\+monitor master/,
      onLog: (text) => {
        log += text;
      },
    });
    if (child === 'ended') throw new Error(`a Sentinel did not start:\n${log}`);
    addresses.push({ host: '127.0.0.1', port });
    stops.push(async () => {
      await endServerProcess(child);
      await rm(directory.ours, { recursive: true, force: true });
    });
  }
  return {
    addresses,
    haveFoundEachOther: async () => {
      for (const { port } of addresses) {
        const client = new Redis({ port, host: '127.0.0.1' });
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
