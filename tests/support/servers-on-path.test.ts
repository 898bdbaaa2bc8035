import { execFile } from 'node:child_process';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

const run = promisify(execFile);

/** What somebody's PATH is on Debian who is not root. */
const usersFolders = ['/usr/local/bin', '/usr/bin', '/bin'];
const serverFolders = ['/usr/local/sbin', '/usr/sbin', '/sbin'];

it('finds servers that are installed where the PATH of a user does not lead', async () => {
  const probe = ['sh', '-c', 'command -v chroot'];
  const program = JSON.stringify({ name: 'chroot', purpose: 'this test', probe, debian: 'coreutils' });
  const script = `
    const { ensureSystemPrograms } = await import('${join(import.meta.dirname, 'system-programs.ts')}');
    await ensureSystemPrograms([${program}]);
    console.log(process.env.PATH);`;
  const { stdout } = await run(process.execPath, ['--input-type=module', '--eval', script], {
    env: { PATH: usersFolders.join(delimiter) },
  });
  expect(stdout.trim().split(delimiter)).toEqual([...usersFolders, ...serverFolders]);
});

it('finds them too in a test that was started without the rest', () => {
  expect(process.env.PATH?.split(delimiter)).toEqual(expect.arrayContaining(serverFolders));
});
