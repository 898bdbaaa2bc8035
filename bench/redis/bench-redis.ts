import { execFileSync } from 'node:child_process';
import { measureRounds, profileGateway, startTargets, writeReport } from '../beside-haproxy/index.ts';
import { type RedisLoad, redisCommands, requestsFor, runRedisBenchmark } from './redis-benchmark.ts';
import { startUpstream } from './upstream.ts';

const titleOf = (command: RedisLoad['command'], pipeline: number, clients: number) =>
  `${command.toUpperCase()} -P ${pipeline}, ${clients} clients`;

const loads: readonly RedisLoad[] = redisCommands.flatMap((command) =>
  [1, 16].flatMap((pipeline) =>
    [1, 50, 500].map((clients) => ({
      title: titleOf(command, pipeline, clients),
      command,
      pipeline,
      clients,
    })),
  ),
);

/**
 * Runs every load on every way and writes the report. redis-benchmark counts requests, not time: each run gets as many
 * as the direct connection does in `seconds`. Progress goes to stderr.
 */
export async function benchRedis(options: {
  readonly quick: boolean;
  readonly rounds: number;
  readonly seconds: number;
}): Promise<void> {
  const { quick, rounds, seconds } = options;
  const upstream = await startUpstream();
  try {
    const targets = await startTargets(upstream, { unaudited: true });
    const requests = new Map<string, number>();
    const run = async (target: Parameters<typeof runRedisBenchmark>[0], load: RedisLoad) => {
      const known = requests.get(load.title);
      const count = known ?? (await requestsFor(upstream, load, seconds));
      requests.set(load.title, count);
      return await runRedisBenchmark(target, load, count);
    };
    const rows = await measureRounds(targets, loads, rounds, run).finally(targets.stop);
    const aim = titleOf('get', 1, 50);
    const profiled = { title: aim, command: 'get', pipeline: 1, clients: 50 } as const;
    await writeReport({
      name: 'redis',
      title: 'Grantway beside HAProxy and the direct connection: Redis protocol',
      at: new Date().toISOString(),
      complete: !quick,
      versions: {
        redis: upstream.version,
        haproxy: /\d+\.\d+\.\d+/.exec(execFileSync('haproxy', ['-v'], { encoding: 'utf8' }))?.[0] ?? '',
      },
      method:
        'redis-benchmark, 3 bytes a value, 10,000 keys; -P is the number of requests sent at once by a client. ' +
        'Every command is in the audit. Audit off: a gateway of the bench that forgets its records, which no setting can ' +
        'make of yours. Shared: `pool.mode: multiplexed`, where the sessions of one person use one server connection.',
      rows,
      aim,
      profile: await profileGateway(upstream, aim, async (target) => run(target, profiled)),
    });
  } finally {
    await upstream.stop();
  }
}
