import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { markdownTable } from '../markdown-table.ts';
import { ratioOf } from '../samples.ts';
import { threeDigits } from '../statistics.ts';
import type { BenchResult } from './bench-postgres.ts';
import type { TargetName } from './targets.ts';

/** Where results are kept; a quick or partial run must not overwrite them. */
const results = join(import.meta.dirname, '..', 'results');
const passingResults = join(import.meta.dirname, '..', '..', '.cache', 'bench');

/** Writes the numbers as JSON and the tables as Markdown, and shows the tables. */
export async function writeReport(result: BenchResult): Promise<void> {
  const text = report(result);
  const folder = result.complete ? results : passingResults;
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'postgres.json'), `${JSON.stringify(result, undefined, 2)}\n`);
  await writeFile(join(folder, 'postgres.md'), text);
  console.log(text);
}

function report(result: BenchResult): string {
  const { machine } = result;
  return [
    '# Grantway beside PgBouncer and the direct connection: PostgreSQL',
    `Measured ${result.at.slice(0, 10)} with \`npm run bench -- postgres\`${result.complete ? '' : ' (not a complete run)'}: ` +
      `${machine.cores} cores of ${machine.cpu}, ${machine.memoryGiB} GiB, Linux ${machine.kernel}; ` +
      `${Object.entries(machine.versions)
        .map(([name, version]) => `${name} ${version}`)
        .join(', ')}. ` +
      'Client, proxy and server share these cores, everything on loopback in clear text, session pooling, audit on. Trust the ratios.',
    ...throughputTable(result),
    ...latencyTable(result),
    ...loginTable(result),
    ...idleTable(result),
    ...slowReaderLine(result),
  ]
    .join('\n\n')
    .concat('\n');
}

function throughputTable({ throughput }: BenchResult): readonly string[] {
  if (throughput.length === 0) return [];
  const direct = throughput.filter(({ target }) => target === 'direct');
  const rows = direct.map(({ protocol, clients, perSecond }) => {
    const of = (name: TargetName) =>
      throughput.find((row) => row.target === name && row.protocol === protocol && row.clients === clients);
    const [pooler, bare, ours] = [of('pgbouncer'), of('bare-relay'), of('grantway')];
    const cpu = (row: typeof ours) => (row?.cpu ? `${row.cpu.user} + ${row.cpu.system}` : '');
    return [
      `${protocol}, ${clients}`,
      perSecond,
      pooler?.perSecond ?? '',
      ours?.perSecond ?? '',
      `**${threeDigits(ratioOf(ours, pooler))}**`,
      threeDigits(ratioOf(ours, of('direct'))),
      threeDigits(ratioOf(bare, pooler)),
      cpu(pooler),
      cpu(bare),
      cpu(ours),
    ];
  });
  return [
    '## Throughput',
    `\`pgbench --select-only\`, transactions a second, median of ${direct[0]?.rounds.length} interleaved rounds; CPU is user + system time of the proxy, in µs a transaction. Ratios are medians of those of each round. The bare relay is a process of Node.js that passes bytes on and looks at none.`,
    markdownTable(
      [
        'protocol, clients',
        'direct',
        'PgBouncer',
        'Grantway',
        '÷ PgBouncer',
        '÷ direct',
        'bare relay ÷ PgBouncer',
        'CPU PgBouncer',
        'CPU bare relay',
        'CPU Grantway',
      ],
      rows,
    ),
  ];
}

function latencyTable({ latency }: BenchResult): readonly string[] {
  if (latency.length === 0) return [];
  const rows = latency.map(({ clients, target, p50, p99 }) => {
    const direct = latency.find((row) => row.target === 'direct' && row.clients === clients);
    return [`${target}, ${clients}`, p50, p99, p50 - (direct?.p50 ?? 0), p99 - (direct?.p99 ?? 0)];
  });
  return [
    '## Latency',
    'One prepared SELECT, in µs; "added" is the difference to the direct connection under the same number of clients.',
    markdownTable(['target, clients', 'p50', 'p99', 'added p50', 'added p99'], rows),
  ];
}

function loginTable({ logins }: BenchResult): readonly string[] {
  if (logins.length === 0) return [];
  const pooler = logins.find(({ target }) => target === 'pgbouncer')?.perSecond ?? Number.NaN;
  return [
    '## Logins',
    'A new connection for each SELECT, 16 at a time. A login at Grantway verifies the token, decides, and waits until the audit record of the session is on disk.',
    markdownTable(
      ['target, login', 'a second', '÷ PgBouncer'],
      logins.map(({ target, how, perSecond }) => [
        `${target}, ${how}`,
        perSecond,
        threeDigits(perSecond / pooler),
      ]),
    ),
  ];
}

const mebibytes = (bytes: number) => threeDigits(bytes / 2 ** 20);

function idleTable({ idleClients }: BenchResult): readonly string[] {
  if (idleClients.length === 0) return [];
  return [
    '## Idle clients',
    'Memory of the process. Each client of Grantway holds its connection to the server (session mode); PgBouncer takes one at the first statement.',
    markdownTable(
      ['target, clients', 'before, MiB', 'with them, MiB', 'KiB a client'],
      idleClients.map(({ target, clients, residentBefore, resident, perClient }) => [
        `${target}, ${clients}`,
        mebibytes(residentBefore),
        mebibytes(resident),
        threeDigits(perClient / 1024),
      ]),
    ),
  ];
}

function slowReaderLine({ slowReader }: BenchResult): readonly string[] {
  if (!slowReader) return [];
  const { resultBytes, readPerSecond, residentBefore, residentPeak } = slowReader;
  return [
    '## A large result, read slowly',
    `${resultBytes / 1e6} MB read at ${Math.round(readPerSecond / 1e6)} MB/s: the gateway grew by ${mebibytes(residentPeak - residentBefore)} MiB ` +
      `(from ${mebibytes(residentBefore)} to at most ${mebibytes(residentPeak)} MiB).`,
  ];
}
