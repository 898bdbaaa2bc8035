import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cpuProfile, functionOf, partOf, profiling, type Share, sharesOf } from '../cpu-profile.ts';
import { startGateway } from '../gateway.ts';
import { progress } from '../progress.ts';
import { runPgbench } from './pgbench.ts';
import { startUpstream } from './upstream.ts';

/** Loads the gateway with 16 pgbench clients under Node's profiler, and prints where its time went. */
export async function profilePostgres(seconds: number): Promise<void> {
  const upstream = await startUpstream(10);
  const folder = await mkdtemp(join(tmpdir(), 'grantway-bench-profile-'));
  try {
    const started = performance.now();
    const gateway = await startGateway(upstream, { mode: 'session', size: 32 }, profiling(folder));
    const target = {
      name: 'grantway',
      port: gateway.port,
      database: upstream.database,
      user: upstream.login,
      password: gateway.token,
    } as const;
    let skipMs = 0;
    try {
      progress(`16 clients for ${seconds} s under the profiler`);
      await runPgbench(target, { clients: 16, protocol: 'simple', seconds: 2 });
      skipMs = performance.now() - started;
      const { perSecond } = await runPgbench(target, { clients: 16, protocol: 'simple', seconds });
      console.log(`${Math.round(perSecond)} transactions a second while being profiled`);
    } finally {
      await gateway.stop();
    }
    for (const file of await readdir(folder)) {
      const profile = cpuProfile.parse(JSON.parse(await readFile(join(folder, file), 'utf8')));
      print('By part', sharesOf(profile, skipMs, partOf));
      print('By function', sharesOf(profile, skipMs, functionOf).slice(0, 25));
    }
  } finally {
    await upstream.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

function print(title: string, shares: readonly Share[]): void {
  const lines = shares.map(({ name, share }) => `${(share * 100).toFixed(1).padStart(5)} %  ${name}`);
  console.log(`\n${title}\n${lines.join('\n')}`);
}
