import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { Load, Target, Upstream } from '../beside-haproxy/index.ts';
import { interrupted } from '../interruption.ts';
import type { Run } from '../samples.ts';

const execute = promisify(execFile);

export const redisCommands = ['get', 'set'] as const;

export interface RedisLoad extends Load {
  readonly command: (typeof redisCommands)[number];
  readonly clients: number;
  /** Requests that a client sends at once. */
  readonly pipeline: number;
}

/** How many requests the direct connection does in `seconds`, from a short run. */
export async function requestsFor(upstream: Upstream, load: RedisLoad, seconds: number): Promise<number> {
  const { port, login } = upstream;
  const direct = { name: 'direct', port, login, password: async () => upstream.password } as const;
  const { perSecond } = await runRedisBenchmark(direct, load, 10_000 * load.pipeline);
  return Math.ceil(perSecond * seconds);
}

/** Runs one command. @throws when redis-benchmark fails */
export async function runRedisBenchmark(target: Target, load: RedisLoad, requests: number): Promise<Run> {
  const { stdout, stderr } = await execute(
    'redis-benchmark',
    [
      ...['-h', '127.0.0.1', '-p', String(target.port)],
      ...['--user', target.login, '-a', await target.password()],
      ...['-t', load.command, '-c', String(load.clients), '-P', String(load.pipeline)],
      ...['-n', String(requests), '-r', '10000', '--csv'],
    ],
    { signal: interrupted },
  );
  const perSecond = Number(/^"(?:GET|SET)","([\d.]+)"/m.exec(stdout)?.[1]);
  if (!(perSecond > 0)) throw new Error(`redis-benchmark failed through ${target.name}:\n${stdout}${stderr}`);
  return { operations: requests, perSecond };
}
