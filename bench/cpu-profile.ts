import { basename } from 'node:path';
import * as z from 'zod';

/** What V8's profiler writes, as far as it is read here. Times are in microseconds. */
export const cpuProfile = z.object({
  nodes: z.array(
    z.object({
      id: z.number(),
      callFrame: z.object({ functionName: z.string(), url: z.string(), lineNumber: z.number() }),
    }),
  ),
  samples: z.array(z.number()),
  timeDeltas: z.array(z.number()),
});
export type CpuProfile = z.infer<typeof cpuProfile>;
type Frame = CpuProfile['nodes'][number]['callFrame'];

/** One line of a summary: something, and its share of the busy time, 0 to 1. */
export interface Share {
  readonly name: string;
  readonly share: number;
}

/** Shares of the busy time after `skipMs` (the start-up), largest first, under the names that `nameOf` gives. */
export function sharesOf(
  { nodes, samples, timeDeltas }: CpuProfile,
  skipMs: number,
  nameOf: (frame: Frame) => string,
): readonly Share[] {
  const names = new Map(nodes.map(({ id, callFrame }) => [id, nameOf(callFrame)]));
  const idle = new Set(
    nodes.filter(({ callFrame }) => callFrame.functionName === '(idle)').map(({ id }) => id),
  );
  const spent = new Map<string, number>();
  let passed = 0;
  let busy = 0;
  for (const [index, id] of samples.entries()) {
    const delta = timeDeltas[index] ?? 0;
    passed += delta;
    if (passed < skipMs * 1000 || idle.has(id)) continue;
    const name = names.get(id) ?? 'unknown';
    busy += delta;
    spent.set(name, (spent.get(name) ?? 0) + delta);
  }
  return [...spent].map(([name, time]) => ({ name, share: time / busy })).sort((a, b) => b.share - a.share);
}

/**
 * Arguments to Node that profile a gateway. They hold what `serve` would set by beginning anew, because a process that
 * does so loses its profile.
 */
export const profiling = (folder: string): readonly string[] => [
  '--max-semi-space-size=32',
  '--use-largepages=silent',
  '--cpu-prof',
  `--cpu-prof-dir=${folder}`,
];

/** The function with its file, for the long list. */
export function functionOf({ functionName, url, lineNumber }: Frame): string {
  const name = functionName === '' ? '(anonymous)' : functionName;
  return url === '' ? name : `${name} (${url.startsWith('node:') ? url : basename(url)}:${lineNumber + 1})`;
}

/** The part of the process that a function belongs to, for the short list. */
export function partOf({ functionName, url }: Frame): string {
  const ours = /\/packages\/server\/src\/([^/]+)\//.exec(url)?.[1];
  if (ours !== undefined) return `${ours}/`;
  if (functionName === 'writeBuffer' || functionName === 'writev') return 'writing to sockets (system calls)';
  if (functionName === '(garbage collector)') return 'garbage collector';
  if (functionName === '(program)') return 'reading from sockets, and the event loop';
  if (url.startsWith('node:internal/crypto') || functionName === 'oneShotDigest') return 'hashing';
  if (url.startsWith('node:')) return 'streams and timers of Node.js';
  return 'other';
}
