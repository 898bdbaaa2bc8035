import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * Makes the file that an application installs: `npm run pack:client` leaves `grantway-client-VERSION.tgz` in the current
 * folder. Here the package runs from its sources; Node.js takes no TypeScript from `node_modules`, and bundlers and older
 * versions take none at all, so there it is JavaScript with declarations.
 */

const root = join(import.meta.dirname, '..');
const source = join(root, 'packages', 'client');

/** Writes the package into `folder`, which is there: `dist`, its `package.json`, README and licence. */
export async function buildClient(folder: string): Promise<void> {
  const project = join(source, 'tsconfig.package.json');
  await run(join(root, 'node_modules', '.bin', 'tsc'), ['-p', project, '--outDir', join(folder, 'dist')]);
  const {
    exports,
    devDependencies: _,
    ...kept
  } = JSON.parse(await readFile(join(source, 'package.json'), 'utf8'));
  const manifest = { ...kept, exports: builtExports(exports), files: ['dist'] };
  await writeFile(join(folder, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`);
  await copyFile(join(source, 'README.md'), join(folder, 'README.md'));
  await copyFile(join(root, 'LICENSE'), join(folder, 'LICENSE'));
}

/** `./src/index.ts` becomes `./dist/index.js`, with its types. */
function builtExports(exports: Readonly<Record<string, string>>): Readonly<Record<string, object>> {
  return Object.fromEntries(
    Object.entries(exports).map(([entry, file]) => {
      const built = file.replace('./src/', './dist/').replace(/\.ts$/, '');
      return [entry, { types: `${built}.d.ts`, default: `${built}.js` }];
    }),
  );
}

async function run(program: string, args: readonly string[]): Promise<void> {
  const [code] = await once(spawn(program, args, { stdio: 'inherit' }), 'exit');
  if (code !== 0) throw new Error(`${program} ${args.join(' ')} failed (${code}).`);
}

if (import.meta.main) {
  const folder = await mkdtemp(join(tmpdir(), 'grantway-pack-client-'));
  try {
    await buildClient(folder);
    await run('npm', ['pack', folder, '--ignore-scripts', '--no-update-notifier']);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
