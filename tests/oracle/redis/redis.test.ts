import { describe } from 'vitest';
import { oracleSuite } from '../oracle-suite.ts';
import { startRedisOracle } from './redis-oracle-engine.ts';

// `npm run test:oracle` has each version in both worlds.
describe.each([
  { version: '7', poolSizes: { shared: 6 } },
  { version: '8', poolSizes: { own: 14 } },
  { version: 'valkey-9', poolSizes: { shared: 6 } },
] as const)('B01 $version', ({ version, poolSizes }) => {
  oracleSuite({ start: startRedisOracle, version, operations: 4_000, poolSizes });
});
