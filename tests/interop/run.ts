import type { InteropCheck, InteropNeed } from './interop.ts';
import { redshiftChecks, redshiftNeeds } from './redshift/redshift-drivers.ts';

/**
 * `npm run test:interop`: drivers that neither npm nor Debian has, against the gateway. It says what it needs, runs what
 * it can, and fails when something is missing: a check that did not run proves nothing.
 */
async function runInterop(): Promise<number> {
  const missing: InteropNeed[] = [];
  for (const need of redshiftNeeds) if (!(await need.isThere())) missing.push(need);
  if (missing.length > 0)
    console.error(`What is not here:\n${missing.map(({ what }) => `  - ${what}`).join('\n')}`);
  if (missing.length === redshiftNeeds.length) return 1;

  const { checks, stop } = await redshiftChecks();
  const count = { passed: 0, failed: 0, 'not run': 0 };
  try {
    for (const check of checks) {
      const outcome = missing.includes(check.needs) ? 'not run' : await outcomeOf(check);
      console.log(`${check.title}: ${outcome}`);
      count[outcome] += 1;
    }
  } finally {
    await stop();
  }
  console.log(`${count.passed} passed, ${count.failed} failed, ${count['not run']} not run`);
  return count.passed === checks.length ? 0 : 1;
}

async function outcomeOf({ run }: InteropCheck): Promise<'passed' | 'failed'> {
  try {
    await run();
    return 'passed';
  } catch (thrown) {
    console.error(thrown instanceof Error ? thrown.message : String(thrown));
    return 'failed';
  }
}

process.exitCode = await runInterop();
