import { parseArgs } from 'node:util';
import { benchPrograms, ensureSystemPrograms } from '../tests/support/system-programs.ts';
import { benchPostgres, measurements, profilePostgres } from './postgres/index.ts';

const usage = `npm run bench -- postgres [--quick] [--rounds 5] [--seconds 8] [--only ${measurements.join(',')}]
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
  await ensureSystemPrograms(benchPrograms);

  const quick = values.quick;
  const seconds = Number(values.seconds ?? (quick ? 2 : 8));
  switch (positionals[0]) {
    case 'postgres': {
      const rounds = Number(values.rounds ?? (quick ? 1 : 5));
      await benchPostgres({ quick, rounds, seconds, only: new Set(values.only?.split(',') ?? measurements) });
      return;
    }
    case 'profile':
      await profilePostgres(seconds);
      return;
    default:
      throw new Error(usage);
  }
}

try {
  await main();
} catch (failure) {
  console.error(failure instanceof Error ? (failure.stack ?? failure.message) : failure);
  process.exitCode = 1;
}
