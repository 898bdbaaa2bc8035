import { ensureSystemPrograms, testPrograms } from '../support/system-programs.ts';
import { dex } from './dex/dex-sign-in.ts';
import type { InteropCheck, InteropNeed, InteropSuite } from './interop.ts';
import { keycloak } from './keycloak/keycloak-sign-in.ts';
import { lemonldapOpenId } from './lemonldap/lemonldap-openid.ts';
import { lemonldapSaml } from './lemonldap/lemonldap-saml.ts';
import { redshift } from './redshift/redshift-drivers.ts';

const suites: readonly InteropSuite[] = [redshift, lemonldapOpenId, lemonldapSaml, dex, keycloak];

type Outcome = 'passed' | 'failed' | 'not run';

/**
 * `npm run test:interop [-- NAME …]`: drivers that neither npm nor Debian has, and providers that take long to get,
 * against the gateway. It brings what it can and says what it needs; when something is missing it fails: a check that did
 * not run proves nothing.
 */
async function runInterop(names: readonly string[]): Promise<number> {
  const unknown = names.filter((name) => suites.every((suite) => suite.name !== name));
  if (unknown.length > 0) {
    console.error(`${unknown.join(', ')}: there is ${suites.map(({ name }) => name).join(', ')}`);
    return 2;
  }
  await ensureSystemPrograms(testPrograms.filter(({ name }) => name === 'psql' || name === 'chromium'));
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

process.exitCode = await runInterop(process.argv.slice(2));
