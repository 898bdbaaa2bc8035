import { redshiftChecks, redshiftNeeds } from './redshift/redshift-drivers.ts';

/**
 * `npm run test:interop`: drivers that neither npm nor Debian has, against the gateway. It says what it needs and fails
 * when that is missing: a check that did not run proves nothing.
 */
async function runInterop(): Promise<number> {
  const missing: string[] = [];
  for (const { what, isThere } of redshiftNeeds) if (!(await isThere())) missing.push(what);
  if (missing.length > 0) {
    console.error(`These tests need what is not here:\n${missing.map((what) => `  - ${what}`).join('\n')}`);
    return 1;
  }
  const { checks, stop } = await redshiftChecks();
  let failed = 0;
  try {
    for (const { title, run } of checks) {
      const outcome = await run().then(
        () => 'passed',
        (thrown: unknown) => `failed: ${thrown instanceof Error ? thrown.message : String(thrown)}`,
      );
      if (outcome !== 'passed') failed += 1;
      console.log(`${title}: ${outcome}`);
    }
  } finally {
    await stop();
  }
  console.log(`${checks.length - failed} passed, ${failed} failed`);
  return failed === 0 ? 0 : 1;
}

process.exitCode = await runInterop();
