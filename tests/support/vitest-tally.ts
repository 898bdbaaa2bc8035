import { readFile } from 'node:fs/promises';
import * as z from 'zod';

/** How many tests passed and failed. */
export interface Tally {
  readonly passed: number;
  readonly failed: number;
}

const report = z.object({
  numPassedTests: z.number(),
  numFailedTests: z.number(),
  numPendingTests: z.number(),
  numTodoTests: z.number(),
  numFailedTestSuites: z.number(),
});

/**
 * Reads vitest's JSON report. A skipped or planned test counts as failed: a test that did not run proves nothing.
 * So does a file that could not be loaded, and a run that failed (`succeeded` false) without naming a test.
 */
export async function readTally(file: string, succeeded: boolean): Promise<Tally> {
  const parsed = report.safeParse(await readFile(file, 'utf8').then(JSON.parse, () => undefined));
  if (!parsed.success) return { passed: 0, failed: 1 };

  const { numPassedTests, numFailedTests, numPendingTests, numTodoTests, numFailedTestSuites } = parsed.data;
  const failed = numFailedTests + numPendingTests + numTodoTests;
  const unnamed = failed === 0 && !succeeded ? Math.max(1, numFailedTestSuites) : 0;
  return { passed: numPassedTests, failed: failed + unnamed };
}

/** The sum. */
export function addTallies(tallies: readonly Tally[]): Tally {
  return {
    passed: tallies.reduce((sum, tally) => sum + tally.passed, 0),
    failed: tallies.reduce((sum, tally) => sum + tally.failed, 0),
  };
}
