import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { allowInBrowser } from './allow-in-browser.ts';
import { cliEnvironment } from './cli-environment.ts';
import type { TestGateway } from './gateway.ts';
import type { Person } from './person.ts';
import type { ProgramEnd } from './psql.ts';

const main = join(import.meta.dirname, '..', '..', 'packages', 'cli', 'src', 'main.ts');

/** `grantway` as a person runs it, on a computer of their own. */
export interface CommandLine {
  /** Runs a command to its end. `started` gets the id of the process. Whatever address it prints, the person allows. */
  run(args: readonly string[], started?: (pid: number) => void): Promise<ProgramEnd>;
  /** Forgets everything that was kept. */
  remove(): Promise<void>;
}

/**
 * Gives a person a computer. `env` is what its programs see besides, or in place of what {@link cliEnvironment} has.
 */
export async function commandLine(
  gateway: Pick<TestGateway, 'issuer'>,
  person: Person,
  env: Readonly<Record<string, string>> = {},
): Promise<CommandLine> {
  const home = await mkdtemp(join(tmpdir(), 'grantway-cli-'));
  return {
    run: async (args, started) =>
      await new Promise((resolve, reject) => {
        const child = spawn(process.execPath, [main, ...args], {
          env: { ...cliEnvironment(home, gateway.issuer), ...env },
          stdio: ['ignore', 'pipe', 'pipe'],
          timeout: 30_000,
        });
        if (child.pid !== undefined) started?.(child.pid);
        let stdout = '';
        let stderr = '';
        let opened = false;
        child.stdout.setEncoding('utf8').on('data', (text: string) => {
          stdout += text;
        });
        child.stderr.setEncoding('utf8').on('data', (text: string) => {
          stderr += text;
          const [address] = /https?:\/\/\S+(?=\n)/.exec(stderr) ?? [];
          if (address === undefined || opened) return;
          opened = true;
          allowInBrowser(person, new URL(address)).catch(reject);
        });
        child.once('error', reject);
        child.once('close', (code) => resolve({ code, stdout: stdout.trim(), stderr: stderr.trim() }));
      }),
    remove: async () => await rm(home, { recursive: true, force: true }),
  };
}
