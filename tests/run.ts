import { mkdir, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { prepareDebianFolders } from './support/debian-folder.ts';
import { sidMariadb, sidMysql } from './support/mysql-builds.ts';
import { sidRedis } from './support/redis-program.ts';
import { ensureSystemPrograms, testPrograms } from './support/system-programs.ts';
import { runTool } from './support/tool.ts';
import { addTallies, readTally, type Tally } from './support/vitest-tally.ts';

/**
 * `npm test`: gets the programs and servers that the tests drive, then lint, types, unit tests and end-to-end tests. Every step
 * runs even when an earlier one failed, so that one run tells everything. The last line is `N passed, N failed`, where
 * a failed lint or type check counts as one failure; the exit code is 0 only when nothing failed.
 */
async function runEverything(): Promise<number> {
  await ensureSystemPrograms(testPrograms);
  await prepareDebianFolders([sidRedis, sidMysql, sidMariadb]);

  const tally = addTallies([
    await check('lint', 'biome', ['check', '.'], 2),
    await check('types', 'tsc', [], 2),
    await vitest('unit', ['packages', 'tests', '--exclude', 'tests/e2e/**'], 20),
    await vitest('end-to-end', ['tests/e2e'], 14),
  ]);

  console.log(`${tally.passed} passed, ${tally.failed} failed`);
  return tally.failed === 0 ? 0 : 1;
}

async function check(title: string, tool: string, args: readonly string[], minutes: number): Promise<Tally> {
  const succeeded = await runTool(title, tool, args, minutes);
  return { passed: 0, failed: succeeded ? 0 : 1 };
}

async function vitest(title: string, args: readonly string[], minutes: number): Promise<Tally> {
  const report = join(import.meta.dirname, '..', '.cache', `vitest-${title}.json`);
  await rm(report, { force: true });
  await mkdir(dirname(report), { recursive: true });
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
  const succeeded = await runTool(
    title,
    'vitest',
    ['run', ...args, '--allowOnly=false', ...reporters],
    minutes,
  );
  return await readTally(report, succeeded);
}

try {
  process.exitCode = await runEverything();
} catch (failure) {
  console.error(failure instanceof Error ? failure.message : failure);
  console.log('0 passed, 1 failed');
  process.exitCode = 1;
}
