import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { newId } from '../../../packages/server/src/core/index.ts';
import { freePort } from '../../../packages/server/src/demo/free-port.ts';
import { cachedFolder } from '../../support/cached-folder.ts';
import { exampleIssuer, readExample } from '../example.ts';
import type { InteropNeed } from '../interop.ts';
import { startProvider } from '../provider-process.ts';

const run = promisify(execFile);
const folder = import.meta.dirname;

/** Dex, as `examples/dex/dex.yaml` has it. */
export interface Dex {
  readonly issuer: string;
  readonly clientSecret: string;
  log(): string;
  stop(): Promise<void>;
}

/** Dex itself, built from the version that `go.mod` here names; its sums are in `go.sum`. */
export const dexProgram: InteropNeed = {
  what: 'Go 1.21 or newer on the PATH, which builds Dex (it gets the newer Go that Dex wants by itself)',
  bring: async () => {
    try {
      await dexFolder();
      return true;
    } catch (failure) {
      console.error(failure instanceof Error ? failure.message : failure);
      return false;
    }
  },
};

/** Where the program is; building it takes some minutes, once for each version. */
async function dexFolder(): Promise<string> {
  const [, version] = /dexidp\/dex (v\S+)/.exec(await readFile(join(folder, 'go.mod'), 'utf8')) ?? [];
  return await cachedFolder(`dex-${version}`, async (unfinished) => {
    await mkdir(unfinished);
    console.log(`Building Dex ${version}. Takes some minutes.`);
    await run('go', ['build', '-o', join(unfinished, 'dex'), 'github.com/dexidp/dex/cmd/dex'], {
      cwd: folder,
      // Without a compiler for C there is no SQLite in it, which nobody asks for here.
      env: { ...process.env, CGO_ENABLED: '0' },
    });
  });
}

/** Starts it on loopback, for the gateway at `gateway`. */
export async function startDex(gateway: string): Promise<Dex> {
  const port = await freePort();
  await using started = new AsyncDisposableStack();
  const directory = await mkdtemp(join(tmpdir(), 'grantway-dex-'));
  started.defer(() => rm(directory, { recursive: true, force: true }));
  const issuer = `http://127.0.0.1:${port}/dex`;
  const config = await readExample('dex/dex.yaml', {
    '127.0.0.1:5556': `127.0.0.1:${port}`,
    [exampleIssuer]: gateway,
  });
  await writeFile(join(directory, 'dex.yaml'), config);
  const clientSecret = newId();
  const dex = await startProvider({
    title: 'Dex',
    command: [join(await dexFolder(), 'dex'), 'serve', 'dex.yaml'],
    env: { DEX_SECRET: clientSecret },
    folder: directory,
    answersAt: `${issuer}/.well-known/openid-configuration`,
    withinSeconds: 30,
  });
  started.defer(() => dex.stop());
  const running = started.move();
  return {
    issuer,
    clientSecret,
    log: dex.log,
    stop: () => running.disposeAsync(),
  };
}
