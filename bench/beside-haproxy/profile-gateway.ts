import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cpuProfile, functionOf, partOf, profiling, type Share, sharesOf } from '../cpu-profile.ts';
import { startGateway } from '../gateway.ts';
import { progress } from '../progress.ts';
import type { Run } from '../samples.ts';
import { poolSize, type Target, type Upstream } from './targets.ts';

/** Where the gateway's busy time went under one load; start-up and the first seconds left out. */
export interface ProfiledLoad {
  readonly load: string;
  /** Operations a second while being profiled. */
  readonly perSecond: number;
  readonly parts: readonly Share[];
  readonly functions: readonly Share[];
}

/** Runs a load twice, to warm up and to measure, on a gateway of its own under Node's profiler. */
export async function profileGateway(
  upstream: Upstream,
  load: string,
  run: (target: Target) => Promise<Run>,
): Promise<ProfiledLoad> {
  const folder = await mkdtemp(join(tmpdir(), 'grantway-bench-profile-'));
  try {
    const started = performance.now();
    const gateway = await startGateway(upstream, { mode: 'session', size: poolSize }, profiling(folder));
    let skipMs = 0;
    let perSecond = 0;
    try {
      const target = {
        name: 'grantway',
        port: gateway.port,
        login: 'bench',
        password: gateway.token,
      } as const;
      progress(`profile: ${load}`);
      await run(target);
      skipMs = performance.now() - started;
      perSecond = (await run(target)).perSecond;
    } finally {
      await gateway.stop();
    }
    const [file] = await readdir(folder);
    if (file === undefined) throw new Error('the profiler wrote nothing');
    const profile = cpuProfile.parse(JSON.parse(await readFile(join(folder, file), 'utf8')));
    return {
      load,
      perSecond: Math.round(perSecond),
      parts: sharesOf(profile, skipMs, partOf),
      functions: sharesOf(profile, skipMs, functionOf).slice(0, 20),
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
