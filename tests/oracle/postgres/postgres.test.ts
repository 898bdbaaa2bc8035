import { describe } from 'vitest';
import { oracleSuite } from '../oracle-suite.ts';
import { startPostgresOracle } from './postgres-oracle-engine.ts';

describe('B01 PostgreSQL', () => {
  oracleSuite({ start: startPostgresOracle, operations: 20_000, poolSizes: { shared: 5, own: 12 } });
});
