import { execFileSync } from 'node:child_process';
import { measureRounds, profileGateway, startTargets, writeReport } from '../beside-haproxy/index.ts';
import { runSysbench, type SysbenchLoad, sysbenchScripts } from './sysbench.ts';
import { startUpstream } from './upstream.ts';

const titleOf = (script: SysbenchLoad['script'], threads: number) => `${script}, ${threads} threads`;

const loads: readonly SysbenchLoad[] = sysbenchScripts.flatMap((script) =>
  [1, 16, 100].map((threads) => ({ title: titleOf(script, threads), script, threads })),
);

/** Runs every load on every way and writes the report; `seconds` is one run of sysbench. Progress goes to stderr. */
export async function benchMysql(options: {
  readonly quick: boolean;
  readonly rounds: number;
  readonly seconds: number;
}): Promise<void> {
  const { quick, rounds, seconds } = options;
  const upstream = await startUpstream();
  try {
    const targets = await startTargets(upstream);
    const rows = await measureRounds(targets, loads, rounds, async (target, load) =>
      runSysbench(target, load, seconds),
    ).finally(targets.stop);
    const aim = titleOf('oltp_point_select', 16);
    const profiled = { title: aim, script: 'oltp_point_select', threads: 16 } as const;
    await writeReport({
      name: 'mysql',
      title: 'Grantway beside HAProxy and the direct connection: MySQL protocol',
      at: new Date().toISOString(),
      complete: !quick,
      versions: {
        mariadb: upstream.version,
        sysbench: versionOf('sysbench', '--version'),
        haproxy: versionOf('haproxy', '-v'),
      },
      method:
        'sysbench with server-side prepared statements on 4 tables of 50,000 rows, all in memory. Transactions: ' +
        'one SELECT (point_select), 16 statements (read_only), 20 statements (read_write).',
      rows,
      aim,
      profile: await profileGateway(upstream, aim, async (target) => runSysbench(target, profiled, seconds)),
    });
  } finally {
    await upstream.stop();
  }
}

function versionOf(program: string, word: string): string {
  return /\d+\.\d+(\.\d+)?/.exec(execFileSync(program, [word], { encoding: 'utf8' }))?.[0] ?? 'unknown';
}
