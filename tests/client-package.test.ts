import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildClient } from '../tools/pack-client.ts';

// A project of somebody else: the built package in its `node_modules`, beside what such a project has.
const root = join(import.meta.dirname, '..');
const run = promisify(execFile);
let project: string;
let installed: string;
beforeAll(async () => {
  project = await mkdtemp(join(tmpdir(), 'grantway-stranger-'));
  installed = join(project, 'node_modules', '@grantway', 'client');
  await mkdir(installed, { recursive: true });
  await buildClient(installed);
  for (const name of ['oauth4webapi', 'express', 'pg', 'fastify', 'hono', 'kysely', 'undici-types', '@types'])
    await symlink(join(root, 'node_modules', name), join(project, 'node_modules', name));
  await writeFile(join(project, 'package.json'), '{"type":"module"}');
});
afterAll(() => rm(project, { recursive: true, force: true }));

/** The TypeScript of the package's own README, as one program; what it leaves to the reader is declared. */
async function programOfReadme(): Promise<string> {
  const readme = await readFile(join(installed, 'README.md'), 'utf8');
  const blocks = [...readme.matchAll(/^```ts\n([\s\S]*?)^```/gm)].map(([, block = '']) => block);
  return [...blocks, "import pg from 'pg';", 'declare const host: string, port: number;'].join('\n');
}

const entries = async (): Promise<readonly string[]> =>
  Object.keys(JSON.parse(await readFile(join(installed, 'package.json'), 'utf8')).exports).map((entry) =>
    entry.replace('.', '@grantway/client'),
  );

describe('the package that applications install', () => {
  test.each([
    { module: 'nodenext', moduleResolution: 'nodenext' },
    { module: 'esnext', moduleResolution: 'bundler' },
  ])(
    'has types for a strict project with $moduleResolution, in which the programs of its README are right',
    async (how) => {
      const imports = (await entries()).map((entry, at) => `export * as e${at} from '${entry}';`);
      await writeFile(join(project, 'entries.ts'), imports.join('\n'));
      await writeFile(join(project, 'readme.ts'), await programOfReadme());
      const strict = { strict: true, exactOptionalPropertyTypes: true, verbatimModuleSyntax: true };
      const compilerOptions = { ...how, ...strict, target: 'es2024', noEmit: true, types: ['node'] };
      await writeFile(
        join(project, 'tsconfig.json'),
        JSON.stringify({
          compilerOptions: { ...compilerOptions, skipLibCheck: true },
          files: ['entries.ts', 'readme.ts'],
        }),
      );
      const mistakes = await run(join(root, 'node_modules', '.bin', 'tsc'), ['-p', project]).then(
        () => '',
        ({ stdout }) => stdout,
      );
      expect(mistakes).toBe('');
    },
  );

  test('runs as JavaScript from node_modules, every entry of it', async () => {
    await writeFile(
      join(project, 'entries.mjs'),
      (await entries()).map((entry) => `import '${entry}';`).join('\n'),
    );
    await run(process.execPath, [join(project, 'entries.mjs')]);
  });

  test('needs nothing of Node.js at its root, so that it runs in a browser', async () => {
    const read = new Set([join(installed, 'dist', 'index.js')]);
    const packages = new Set<string>();
    // A set hands out what is added while it is walked.
    for (const file of read) {
      for (const [, from = ''] of (await readFile(file, 'utf8')).matchAll(/\bfrom '([^']+)'/g))
        if (from.startsWith('.')) read.add(join(dirname(file), from));
        else packages.add(from);
    }
    expect([...packages]).toEqual(['oauth4webapi']);
  });
});
