/**
 * A long run of the oracle, by hand or at night:
 *
 *   node tests/oracle/run.ts [--engine postgres] [--version V] [--operations 1000000] [--seed WORD] [--actors 10] [--shared]
 *
 * `--version` names a server where an engine has several: `mysql-9.7`, `mariadb-11.8`, `valkey-9`. `--shared` lets people
 * get each other's connections, as a database with `shareAcrossPeople` does. Prints the seed, the progress on stderr, and
 * a report; after a violation what the gateway warned of, too, and the exit code is 1. The same seed does the same again.
 */
import { parseArgs } from 'node:util';
import { newId } from '../../packages/server/src/core/index.ts';
import { putServersOnPath } from '../support/servers-on-path.ts';
import { startMysqlOracle } from './mysql/mysql-oracle-engine.ts';
import { startPostgresOracle } from './postgres/postgres-oracle-engine.ts';
import { startRedisOracle } from './redis/redis-oracle-engine.ts';
import type { StartOracle } from './started-oracle.ts';

const engines: Readonly<Record<string, StartOracle>> = {
  postgres: startPostgresOracle,
  mysql: startMysqlOracle,
  redis: startRedisOracle,
};

const { values } = parseArgs({
  options: {
    engine: { type: 'string', default: 'postgres' },
    version: { type: 'string' },
    operations: { type: 'string', default: '1000000' },
    seed: { type: 'string', default: newId().slice(0, 8) },
    actors: { type: 'string', default: '10' },
    shared: { type: 'boolean', default: false },
  },
});
const { engine, seed, shared, version } = values;
const start = engines[engine];
if (start === undefined) throw new Error(`--engine is one of ${Object.keys(engines).join(', ')}`);
console.error(`seed ${seed}`);
putServersOnPath();

const oracle = await start({
  people: 5,
  poolSize: shared ? 6 : 16,
  shared,
  ...(version === undefined ? {} : { version }),
});
const startedAt = performance.now();
const seconds = () => Math.round((performance.now() - startedAt) / 1000);
try {
  const report = await oracle.run({
    seed,
    operations: Number(values.operations),
    actors: Number(values.actors),
    progress: ({ operations, sessions, reused, excused }) =>
      console.error(
        `${seconds()} s: ${operations} operations, ${sessions} sessions, ${reused} on a used connection, ${excused} killed while idle`,
      ),
  });
  console.log(JSON.stringify({ ...report, seconds: seconds() }, undefined, 2));
  if (report.violations.length > 0) {
    console.error(['The gateway warned of:', ...oracle.warnings()].join('\n'));
    process.exitCode = 1;
  }
} finally {
  await oracle.stop();
}
