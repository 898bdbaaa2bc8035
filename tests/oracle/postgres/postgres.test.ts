import { oracleSuite } from '../oracle-suite.ts';
import { startPostgresOracle } from './postgres-oracle-engine.ts';

oracleSuite({ start: startPostgresOracle, operations: 20_000, poolSizes: { shared: 5, own: 12 } });
