import type { InteropCheck, InteropNeed } from './interop.ts';
import { lemonldapChecks, lemonldapNeeds } from './lemonldap/lemonldap-sign-in.ts';
import { redshiftChecks, redshiftNeeds } from './redshift/redshift-drivers.ts';

/** Checks that share what they need to be started. */
interface InteropSuite {
  readonly needs: readonly InteropNeed[];
  readonly start: () => Promise<{
    readonly checks: readonly InteropCheck[];
    readonly stop: () => Promise<void>;
  }>;
}

const suites: readonly InteropSuite[] = [
  { needs: redshiftNeeds, start: redshiftChecks },
  { needs: lemonldapNeeds, start: lemonldapChecks },
];

type Outcome = 'passed' | 'failed' | 'not run';

/**
 * `npm run test:interop`: drivers that neither npm nor Debian has, and a provider that takes long to install, against the
 * gateway. It says what it needs, runs what it can, and fails when something is missing: a check that did not run
 * proves nothing.
 */
async function runInterop(): Promise<number> {
  const outcomes: Outcome[] = [];
  for (const suite of suites) outcomes.push(...(await runSuite(suite)));
  const count = (wanted: Outcome) => outcomes.filter((outcome) => outcome === wanted).length;
  console.log(`${count('passed')} passed, ${count('failed')} failed, ${count('not run')} not run`);
  return outcomes.every((outcome) => outcome === 'passed') ? 0 : 1;
}

async function runSuite({ needs, start }: InteropSuite): Promise<readonly Outcome[]> {
  const missing: InteropNeed[] = [];
  for (const need of needs) if (!(await need.isThere())) missing.push(need);
  if (missing.length > 0)
    console.error(`What is not here:\n${missing.map(({ what }) => `  - ${what}`).join('\n')}`);
  if (missing.length === needs.length) return ['not run'];

  const { checks, stop } = await start();
  const outcomes: Outcome[] = [];
  try {
    for (const check of checks) {
      const outcome = missing.includes(check.needs) ? 'not run' : await outcomeOf(check);
      console.log(`${check.title}: ${outcome}`);
      outcomes.push(outcome);
    }
  } finally {
    await stop();
  }
  return outcomes;
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
