import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { newId } from '../../packages/server/src/core/index.ts';
import type { StartedOracle, StartOracle } from './started-oracle.ts';

const seed = process.env.GRANTWAY_ORACLE_SEED ?? newId().slice(0, 8);

/** What a short run of an engine is. */
export interface OracleSuite {
  readonly start: StartOracle;
  /** As {@link StartOracle} takes it. */
  readonly version?: string;
  /** In each world, unless the environment says otherwise. */
  readonly operations: number;
  /** Connections of the pool when people share them, and when they do not; a world that is left out is not run. */
  readonly poolSizes: { readonly shared?: number; readonly own?: number };
}

/** Registers the short run of an engine: people with connections of their own, and people who share them. */
export function oracleSuite({ start, version, operations: usual, poolSizes }: OracleSuite): void {
  const operations = Number(process.env.GRANTWAY_ORACLE_OPERATIONS ?? usual);
  const worlds = [
    { shared: false, poolSize: poolSizes.own ?? 0, name: 'connections of their own' },
    { shared: true, poolSize: poolSizes.shared ?? 0, name: 'connections that they share' },
  ];
  describe.each(worlds.filter(({ poolSize }) => poolSize > 0))(
    'many people over few $name',
    ({ shared, poolSize }) => {
      let oracle: StartedOracle;
      beforeAll(async () => {
        oracle = await start({ people: 5, poolSize, shared, ...(version === undefined ? {} : { version }) });
      });
      afterAll(() => oracle?.stop());

      test(`see nothing of each other (seed ${seed}, ${operations} operations)`, {
        timeout: 60_000 + operations * 20,
      }, async () => {
        const report = await oracle.run({ seed, operations, actors: 9 });
        expect(report.violations, oracle.warnings().join('\n')).toEqual([]);
        expect(report.operations).toBeGreaterThanOrEqual(operations);
        expect(report.reused).toBeGreaterThan(0);
        if (shared) expect(report.reusedByOthers).toBeGreaterThan(0);
        else expect(report.reusedByOthers).toBe(0);
      });
    },
  );
}
