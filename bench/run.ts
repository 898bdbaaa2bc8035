import { parseArgs } from 'node:util';
import {
  benchPrograms,
  ensureSystemPrograms,
  mysqlBenchPrograms,
  redisBenchPrograms,
} from '../tests/support/system-programs.ts';
import { heedSignals, interrupted } from './interruption.ts';
import { benchMysql } from './mysql/index.ts';
import { benchPostgres, measurements, profilePostgres } from './postgres/index.ts';
import { benchRedis } from './redis/index.ts';

const usage = `npm run bench -- postgres [--quick] [--rounds 5] [--seconds 8] [--only ${measurements.join(',')}]
npm run bench -- mysql [--quick] [--rounds 3] [--seconds 5]
npm run bench -- redis [--quick] [--rounds 3] [--seconds 1]
npm run bench -- profile [--seconds 10]     where the gateway's time goes, from a CPU profile`;

/** Reads the command line and runs one bench. Everything is on loopback and bounded in time. */
async function main(): Promise<void> {
  const { positionals, values } = parseArgs({
    allowPositionals: true,
    options: {
      quick: { type: 'boolean', default: false },
      rounds: { type: 'string' },
      seconds: { type: 'string' },
      only: { type: 'string' },
    },
  });
  const quick = values.quick;
  const seconds = Number(values.seconds ?? (quick ? 2 : 8));
  const besideHaproxy = Number(values.rounds ?? (quick ? 1 : 3));
  switch (positionals[0]) {
    case 'postgres': {
      await ensureSystemPrograms(benchPrograms);
      const rounds = Number(values.rounds ?? (quick ? 1 : 5));
      await benchPostgres({ quick, rounds, seconds, only: new Set(values.only?.split(',') ?? measurements) });
      return;
    }
    case 'mysql':
      await ensureSystemPrograms(mysqlBenchPrograms);
      await benchMysql({ quick, rounds: besideHaproxy, seconds: Number(values.seconds ?? (quick ? 1 : 5)) });
      return;
    case 'redis':
      await ensureSystemPrograms(redisBenchPrograms);
      await benchRedis({
        quick,
        rounds: besideHaproxy,
        seconds: Number(values.seconds ?? (quick ? 0.3 : 1)),
      });
      return;
    case 'profile':
      await ensureSystemPrograms(benchPrograms);
      await profilePostgres(seconds);
      return;
    default:
      throw new Error(usage);
  }
}

const exitCodeOfSignal = heedSignals();
try {
  await main();
} catch (failure) {
  if (!interrupted.aborted)
    console.error(failure instanceof Error ? (failure.stack ?? failure.message) : failure);
  // Not by itself: what could not be stopped would keep this process, and is killed with it.
  process.exit(exitCodeOfSignal() ?? 1);
}
