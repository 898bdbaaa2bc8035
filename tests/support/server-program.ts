import { execFile } from 'node:child_process';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { chooseServerAccount, type ServerAccount } from '../../packages/server/src/demo/server-account.ts';
import { canMakeDebianFolders, type DebianFolder, debianFolder } from './debian-folder.ts';

const run = promisify(execFile);

/** One version of a server that the tests start. */
export interface ServerBuild {
  /** The server's program. */
  readonly program: string;
  /** For messages. */
  readonly title: string;
  /** What `--version` says, so that another version on the PATH is not taken for it. */
  readonly says: RegExp;
  /** Where Debian has it, when the machine's own is another version. */
  readonly folder: DebianFolder;
  /** The environment variable that names a server which runs already. */
  readonly variable: string;
}

/** A directory as we see it, and as a server in another root does. */
export interface ServerDirectory {
  readonly ours: string;
  readonly servers: string;
}

/** How to start programs of one build, and where their files may be. */
export interface ServerProgram {
  /** The words that start a program of this build as the servers' account; what they are spawned with is `account`. */
  command(program: string): readonly [program: string, ...args: string[]];
  /** The account of the process, for a command that does not change it by itself. */
  readonly account: ServerAccount;
  /** Who the server's files must belong to. */
  readonly owner: ServerAccount;
  /** The root of its file system, with a slash at its end. */
  readonly root: string;
  /** A fresh directory whose name begins with `prefix`. */
  makeDirectory(prefix: string): Promise<ServerDirectory>;
}

/**
 * Finds the program: on the PATH when it is this version, else in a Debian folder.
 * @throws Error that says how to get it
 */
export async function findServerProgram(build: ServerBuild): Promise<ServerProgram> {
  const owner = await chooseServerAccount(tmpdir());
  if (await isOnPath(build)) {
    return {
      command: (program) => [program],
      account: owner,
      owner,
      root: '/',
      makeDirectory: async (prefix) => {
        const ours = await mkdtemp(join(tmpdir(), prefix));
        return { ours, servers: ours };
      },
    };
  }
  if (!canMakeDebianFolders()) {
    throw new Error(
      `This test needs ${build.title}: put ${build.program} on the PATH, or run ` +
        `docker compose up --detach --wait and name it in ${build.variable} (compose.yaml), or run as root on Debian.`,
    );
  }
  const root = await debianFolder(build.folder);
  const userspec = owner === undefined ? [] : [`--userspec=${owner.uid}:${owner.gid}`];
  return {
    command: (program) => ['chroot', ...userspec, root, program],
    account: undefined,
    owner,
    root: `${root}/`,
    makeDirectory: async (prefix) => {
      const ours = await mkdtemp(join(root, 'tmp', prefix));
      return { ours, servers: ours.slice(root.length) };
    },
  };
}

async function isOnPath({ program, says }: ServerBuild): Promise<boolean> {
  const answer = await run(program, ['--version']).catch(() => undefined);
  return answer !== undefined && says.test(answer.stdout);
}
