import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { cachedFolder } from './cached-folder.ts';
import { ensureSystemPrograms, isDebian, type SystemProgram } from './system-programs.ts';

const debootstrap: SystemProgram = {
  name: 'debootstrap',
  purpose: 'servers that this release of Debian does not have',
  probe: ['debootstrap', '--version'],
  debian: 'debootstrap',
  macos: 'none; use the servers of compose.yaml',
};

/** A Debian in a folder of its own, whose programs run by `chroot`. */
export interface DebianFolder {
  readonly suite: 'bookworm' | 'sid';
  /** Packages besides the smallest system. Those that conflict with each other need a folder each. */
  readonly packages: readonly string[];
}

/** Whether this machine can make one: `debootstrap` and `chroot` need Debian and root. */
export function canMakeDebianFolders(): boolean {
  return isDebian() && process.getuid?.() === 0;
}

const ready = new Map<string, Promise<string>>();

/**
 * The path of the folder; it is made when it is missing, which takes about 40 seconds. Remove it to get newer packages.
 *
 * @throws Error with the command to run by hand when it cannot be made
 */
export async function debianFolder({ suite, packages }: DebianFolder): Promise<string> {
  const list = packages.join(',');
  const digest = createHash('sha256').update(list).digest('hex').slice(0, 8);
  const name = `${suite}-${packages[0] ?? 'base'}-${digest}`;
  const known = ready.get(name) ?? cachedFolder(name, (folder) => makeFolder(folder, suite, list));
  ready.set(name, known);
  return await known;
}

/** Makes the folders before the tests run, where this machine can; a test whose folder is missing says what it needs. */
export async function prepareDebianFolders(folders: readonly DebianFolder[]): Promise<void> {
  if (!canMakeDebianFolders()) return;
  await ensureSystemPrograms([debootstrap]);
  await Promise.all(
    folders.map((folder) => debianFolder(folder).catch((failure: Error) => console.error(failure.message))),
  );
}

async function makeFolder(folder: string, suite: string, list: string): Promise<void> {
  await ensureSystemPrograms([debootstrap]);
  console.log(`Making a folder with Debian ${suite} for ${list}. Takes about a minute.`);
  const args = ['--variant=minbase', `--include=${list}`, suite, folder, ...(await configuredMirror())];
  const { succeeded, output } = await run('debootstrap', args);
  if (!succeeded) throw new Error(`debootstrap ${args.join(' ')} failed:\n${output.slice(-2000)}`);
  await rm(join(folder, 'var/cache/apt'), { recursive: true, force: true });
}

/** The mirror that this machine's own packages come from; without one, debootstrap has its own. */
async function configuredMirror(): Promise<readonly string[]> {
  const { output } = await run('apt-get', [
    'indextargets',
    '--format=$(REPO_URI)',
    'Created-By: Packages',
    'Origin: Debian',
    'Label: Debian',
  ]);
  return output
    .split('\n')
    .filter((line) => /^https?:\/\//.test(line))
    .slice(0, 1);
}

function run(
  program: string,
  args: readonly string[],
): Promise<{ readonly succeeded: boolean; readonly output: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'], timeout: 10 * 60_000 });
    let output = '';
    const keep = (text: string) => {
      output += text;
    };
    child.stdout.setEncoding('utf8').on('data', keep);
    child.stderr.setEncoding('utf8').on('data', keep);
    child.once('error', reject);
    child.once('close', (code) => resolve({ succeeded: code === 0, output }));
  });
}
