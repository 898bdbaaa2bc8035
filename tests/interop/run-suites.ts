import type { InteropCheck, InteropNeed, InteropSuite } from './interop.ts';

type Outcome = 'passed' | 'failed' | 'not run';

/**
 * Runs the named suites, or all, one after the other, and says how each check went. Gives the exit code of the command: 0
 * when every check passed, 2 for a name that there is not. A check that did not run proves nothing: it counts as failed.
 */
export async function runSuites(suites: readonly InteropSuite[], names: readonly string[]): Promise<number> {
  const unknown = names.filter((name) => suites.every((suite) => suite.name !== name));
  if (unknown.length > 0) {
    console.error(`${unknown.join(', ')}: there is ${suites.map(({ name }) => name).join(', ')}`);
    return 2;
  }
  const outcomes: Outcome[] = [];
  for (const suite of suites)
    if (names.length === 0 || names.includes(suite.name)) outcomes.push(...(await runSuite(suite)));
  const count = (wanted: Outcome) => outcomes.filter((outcome) => outcome === wanted).length;
  console.log(`${count('passed')} passed, ${count('failed')} failed, ${count('not run')} not run`);
  return outcomes.every((outcome) => outcome === 'passed') ? 0 : 1;
}

async function runSuite({ name, needs, start }: InteropSuite): Promise<readonly Outcome[]> {
  const missing: InteropNeed[] = [];
  for (const need of needs) if (!(await need.bring())) missing.push(need);
  if (missing.length > 0)
    console.error(
      `What ${name} needs and is not here:\n${missing.map(({ what }) => `  - ${what}`).join('\n')}`,
    );
  if (missing.length === needs.length) return ['not run'];

  const started = await start().catch(shown);
  if (started === 'failed') return ['failed'];
  const { checks, stop } = started;
  const outcomes: Outcome[] = [];
  try {
    for (const check of checks) {
      const outcome = missing.includes(check.needs) ? 'not run' : await outcomeOf(check);
      console.log(`${name}: ${check.title}: ${outcome}`);
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
    return shown(thrown);
  }
}

function shown(thrown: unknown): 'failed' {
  console.error(thrown instanceof Error ? thrown.message : String(thrown));
  return 'failed';
}
