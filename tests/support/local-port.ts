import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { allowInBrowser } from './allow-in-browser.ts';
import { cliEnvironment } from './cli-environment.ts';
import type { TestGateway } from './gateway.ts';
import type { Person } from './person.ts';

const main = join(import.meta.dirname, '..', '..', 'packages', 'cli', 'src', 'main.ts');

/** A running `grantway proxy`. */
export interface LocalPortProcess {
  readonly port: number;
  /** What it printed to be pasted. */
  readonly url: string;
  readonly said: () => string;
  /** Ends it as Ctrl-C does, and gives its exit code. */
  stop(): Promise<number | null>;
}

/** Starts it on a computer of its own; the person allows what it asks for. */
export async function startLocalPort(
  gateway: Pick<TestGateway, 'issuer'>,
  person: Person,
  ...args: readonly string[]
): Promise<LocalPortProcess> {
  const home = await mkdtemp(join(tmpdir(), 'grantway-proxy-'));
  const child = spawn(process.execPath, [main, 'proxy', ...args], {
    env: cliEnvironment(home, gateway.issuer),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  let asked = false;
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  const url = await new Promise<string>((resolve, reject) => {
    let out = '';
    child.once('error', reject);
    child.once('close', () => reject(new Error(`grantway proxy ended: ${said}`)));
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      out += text;
      if (out.endsWith('\n')) resolve(out.trim());
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      said += text;
      const [address] = /https?:\/\/\S+(?=\n)/.exec(said) ?? [];
      if (address === undefined || asked) return;
      asked = true;
      allowInBrowser(person, new URL(address)).catch(reject);
    });
  });
  return {
    port: Number(new URL(url).port),
    url,
    said: () => said,
    async stop() {
      child.kill('SIGINT');
      const code = await ended;
      await rm(home, { recursive: true, force: true });
      return code;
    },
  };
}
