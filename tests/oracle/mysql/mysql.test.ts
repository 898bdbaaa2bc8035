import { describe } from 'vitest';
import { oracleSuite } from '../oracle-suite.ts';
import { startMysqlOracle } from './mysql-oracle-engine.ts';

// A server takes longer to start than the run: `npm run test:oracle` has each version in both worlds.
describe.each([
  { version: 'mysql-9.7', poolSizes: { shared: 6 } },
  { version: 'mariadb-10.11', poolSizes: { own: 14 } },
  { version: 'mariadb-11.8', poolSizes: { shared: 6 } },
] as const)('B01 $version', ({ version, poolSizes }) => {
  oracleSuite({ start: startMysqlOracle, version, operations: 3_000, poolSizes });
});
