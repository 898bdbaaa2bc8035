import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import * as z from 'zod';
import { startGateway } from './gateway.ts';
import { runPgbench } from './pgbench.ts';
import { progress } from './progress.ts';
import { startUpstream } from './upstream.ts';

const cpuProfile = z.object({
  nodes: z.array(
    z.object({
      id: z.number(),
      callFrame: z.object({ functionName: z.string(), url: z.string(), lineNumber: z.number() }),
    }),
  ),
  samples: z.array(z.number()),
  timeDeltas: z.array(z.number()),
});

/** Loads the gateway with 16 pgbench clients under Node's profiler and prints where its time went, by function. */
export async function profilePostgres(seconds: number): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'grantway-bench-profile-'));
  const upstream = await startUpstream(10);
  try {
    const gateway = await startGateway(upstream, 32, ['--cpu-prof', `--cpu-prof-dir=${folder}`]);
    try {
      progress(`16 clients for ${seconds} s under the profiler`);
      const target = {
        name: 'grantway',
        port: gateway.port,
        database: upstream.database,
        user: upstream.login,
        password: gateway.token,
      } as const;
      const { perSecond } = await runPgbench(target, { clients: 16, protocol: 'simple', seconds });
      console.log(`${Math.round(perSecond)} transactions a second while being profiled\n`);
    } finally {
      await gateway.stop();
    }
    for (const file of await readdir(folder)) {
      console.log(summary(cpuProfile.parse(JSON.parse(await readFile(join(folder, file), 'utf8')))));
    }
  } finally {
    await upstream.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

function summary({ nodes, samples, timeDeltas }: z.infer<typeof cpuProfile>): string {
  const names = new Map(nodes.map(({ id, callFrame }) => [id, nameOf(callFrame)]));
  const spent = new Map<string, number>();
  let busy = 0;
  for (const [index, id] of samples.entries()) {
    const name = names.get(id) ?? '?';
    if (name === '(idle)') continue;
    const delta = timeDeltas[index] ?? 0;
    busy += delta;
    spent.set(name, (spent.get(name) ?? 0) + delta);
  }
  const lines = [...spent]
    .sort(([, a], [, b]) => b - a)
    .slice(0, 30)
    .map(([name, time]) => `${((time / busy) * 100).toFixed(1).padStart(5)} %  ${name}`);
  return lines.join('\n');
}

function nameOf({
  functionName,
  url,
  lineNumber,
}: z.infer<typeof cpuProfile>['nodes'][number]['callFrame']): string {
  const name = functionName === '' ? '(anonymous)' : functionName;
  return url === '' ? name : `${name}  ${url.startsWith('node:') ? url : basename(url)}:${lineNumber + 1}`;
}
