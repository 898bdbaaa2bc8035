import { mkdir, writeFile } from 'node:fs/promises';
import { cpus, release, totalmem } from 'node:os';
import { join } from 'node:path';
import { markdownTable } from '../markdown-table.ts';
import { ratioOf } from '../samples.ts';
import { threeDigits } from '../statistics.ts';
import type { ProfiledLoad } from './profile-gateway.ts';
import type { LoadRow } from './rounds.ts';
import type { TargetName } from './targets.ts';

/** Where results are kept; a quick run must not overwrite them. */
const results = join(import.meta.dirname, '..', 'results');
const passingResults = join(import.meta.dirname, '..', '..', '.cache', 'bench');

/** What one bench found, and how to call it. */
export interface BesideHaproxyResult {
  /** Of the bench and its files. */
  readonly name: 'mysql' | 'redis';
  readonly title: string;
  readonly at: string;
  /** False for a quick run. */
  readonly complete: boolean;
  readonly versions: Readonly<Record<string, string>>;
  /** What the load's program does, and what is counted. */
  readonly method: string;
  readonly rows: readonly LoadRow[];
  /** The line of the table that the aim is about: at least 0.8 of HAProxy. */
  readonly aim: string;
  readonly profile: ProfiledLoad;
}

/** Writes numbers as JSON and tables as Markdown, shows the tables, and ends with one line. */
export async function writeReport(result: BesideHaproxyResult): Promise<void> {
  const text = report(result);
  const folder = result.complete ? results : passingResults;
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, `${result.name}.json`), `${JSON.stringify(result, undefined, 2)}\n`);
  await writeFile(join(folder, `${result.name}.md`), text);
  console.log(text);
  const { rows, aim } = result;
  console.log(
    `${result.name}: ${threeDigits(ratio(rows, aim, 'haproxy'))} of HAProxy with ${aim} (aim 0.8), ${threeDigits(ratio(rows, aim, 'direct'))} of direct`,
  );
}

function of(rows: readonly LoadRow[], load: string, target: TargetName): LoadRow | undefined {
  return rows.find((row) => row.load === load && row.target === target);
}

/** {@link ratioOf} of two ways under one load. */
function ratio(
  rows: readonly LoadRow[],
  load: string,
  other: TargetName,
  way: TargetName = 'grantway',
): number {
  return ratioOf(of(rows, load, way), of(rows, load, other));
}

/** What stands beside the usual gateway: Node.js without one, and gateways of other kinds, which some benches measure. */
const otherWays: readonly { readonly way: TargetName; readonly head: string }[] = [
  { way: 'bare-relay', head: 'bare relay' },
  { way: 'shared', head: 'shared' },
  { way: 'unaudited', head: 'audit off' },
];

function report(result: BesideHaproxyResult): string {
  const { rows, profile } = result;
  const versions = Object.entries({ node: process.versions.node, ...result.versions });
  const loads = [...new Set(rows.map(({ load }) => load))];
  const others = otherWays.filter(({ way }) => rows.some(({ target }) => target === way));
  return [
    `# ${result.title}`,
    `Measured ${result.at.slice(0, 10)} with \`npm run bench -- ${result.name}\`${result.complete ? '' : ' (not a complete run)'}: ` +
      `${cpus().length} cores of ${cpus()[0]?.model.trim()}, ${Math.round(totalmem() / 2 ** 30)} GiB, ` +
      `Linux ${/^\d+\.\d+(\.\d+)?/.exec(release())?.[0]}; ${versions.map(([name, version]) => `${name} ${version}`).join(', ')}. ` +
      'Client, proxy and server share these cores, everything on loopback in clear text. Trust the ratios.',
    '## Throughput',
    `${result.method} A second, median of ${rows[0]?.rounds.length} interleaved rounds; CPU is user + system time of the proxy, in µs each. ` +
      'Ratios are medians of those of each round. The bare relay is a process of Node.js that passes bytes on and looks at none.',
    markdownTable(
      [
        'load',
        'direct',
        'HAProxy',
        'Grantway',
        '÷ HAProxy',
        '÷ direct',
        'CPU HAProxy',
        'CPU Grantway',
        ...others.flatMap(({ head }) => [`${head} ÷ HAProxy`, `CPU ${head}`]),
      ],
      loads.map((load) => [
        load,
        of(rows, load, 'direct')?.perSecond ?? '',
        of(rows, load, 'haproxy')?.perSecond ?? '',
        of(rows, load, 'grantway')?.perSecond ?? '',
        `**${threeDigits(ratio(rows, load, 'haproxy'))}**`,
        threeDigits(ratio(rows, load, 'direct')),
        cpuOf(of(rows, load, 'haproxy')),
        cpuOf(of(rows, load, 'grantway')),
        ...others.flatMap(({ way }) => [
          `**${threeDigits(ratio(rows, load, 'haproxy', way))}**`,
          cpuOf(of(rows, load, way)),
        ]),
      ]),
    ),
    '## Where the time goes',
    `A CPU profile of the gateway with ${profile.load} (${profile.perSecond} a second under the profiler): shares of its busy time, start-up left out.`,
    shareTable('part', profile.parts),
    shareTable('function', profile.functions),
  ]
    .join('\n\n')
    .concat('\n');
}

function cpuOf(row: LoadRow | undefined): string {
  return row?.cpu ? `${row.cpu.user} + ${row.cpu.system}` : '';
}

function shareTable(head: string, list: ProfiledLoad['parts']): string {
  return markdownTable(
    [head, 'share'],
    list
      .filter(({ share }) => share >= 0.005)
      .map(({ name, share }) => [name, `${(share * 100).toFixed(1)} %`]),
  );
}
