/**
 * A long run of the oracle, by hand or at night:
 *
 *   node tests/oracle/run.ts [--operations 1000000] [--seed WORD] [--actors 10] [--shared]
 *
 * `--shared` lets people get each other's connections, as a database with `shareAcrossPeople` does. Prints the seed, the
 * progress on stderr, and a report; the exit code is 1 after a violation. The same seed does the same again.
 */
import { parseArgs } from 'node:util';
import { newId } from '../../packages/server/src/core/index.ts';
import { runOracle } from './index.ts';
import { PostgresOracleEngine } from './postgres/postgres-oracle-engine.ts';
import { startWorld } from './postgres/world.ts';

const { values } = parseArgs({
  options: {
    operations: { type: 'string', default: '1000000' },
    seed: { type: 'string', default: newId().slice(0, 8) },
    actors: { type: 'string', default: '10' },
    shared: { type: 'boolean', default: false },
  },
});
const { seed, shared } = values;
console.error(`seed ${seed}`);

const world = await startWorld({ people: 5, poolSize: shared ? 6 : 12, shared });
const startedAt = performance.now();
try {
  const report = await runOracle(new PostgresOracleEngine(world, shared), {
    seed,
    operations: Number(values.operations),
    actors: Number(values.actors),
    progress: ({ operations, sessions, reused, excused }) =>
      console.error(
        `${Math.round((performance.now() - startedAt) / 1000)} s: ${operations} operations, ${sessions} sessions, ${reused} on a used connection, ${excused} killed while idle`,
      ),
  });
  console.log(JSON.stringify(report, undefined, 2));
  process.exitCode = report.violations.length === 0 ? 0 : 1;
} finally {
  await world.stop();
}
