import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { newId } from '../../../packages/server/src/core/index.ts';
import { runOracle } from '../index.ts';
import { PostgresOracleEngine } from './postgres-oracle-engine.ts';
import { startWorld, type World } from './world.ts';

const seed = process.env.GRANTWAY_ORACLE_SEED ?? newId().slice(0, 8);
const operations = Number(process.env.GRANTWAY_ORACLE_OPERATIONS ?? 20_000);
const oracleMs = 60_000 + operations * 20;

describe.each([
  { shared: false, actors: 9, poolSize: 12, name: 'connections of their own' },
  { shared: true, actors: 9, poolSize: 5, name: 'connections that they share' },
])('many people over few $name', ({ shared, actors, poolSize }) => {
  let world: World;
  beforeAll(async () => {
    world = await startWorld({ people: 5, poolSize, shared });
  });
  afterAll(() => world?.stop());

  test(`see nothing of each other (seed ${seed}, ${operations} operations)`, {
    timeout: oracleMs,
  }, async () => {
    const report = await runOracle(new PostgresOracleEngine(world, shared), { seed, operations, actors });
    expect(report.violations).toEqual([]);
    expect(report.operations).toBeGreaterThanOrEqual(operations);
    expect(report.reused).toBeGreaterThan(0);
    if (shared) expect(report.reusedByOthers).toBeGreaterThan(0);
    else expect(report.reusedByOthers).toBe(0);
  });
});
