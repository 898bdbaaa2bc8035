import { spawn } from 'node:child_process';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..', '..');

/**
 * Runs a program of `node_modules/.bin` from the repository's root with its output shown, and gives whether it
 * succeeded. One that is still running after `minutes` is killed and counts as failed: a hang must not eat the run.
 */
export async function runTool(
  title: string,
  tool: string,
  args: readonly string[],
  minutes: number,
): Promise<boolean> {
  console.log(`\n== ${title}: ${tool} ${args.join(' ')}`);
  const started = performance.now();
  const child = spawn(join(root, 'node_modules', '.bin', tool), args, {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
    timeout: minutes * 60_000,
    killSignal: 'SIGKILL',
  });
  const ended = await new Promise<string>((resolve) => {
    child.once('error', (cause) => resolve(cause.message));
    child.once('exit', (code, signal) => resolve(signal ?? String(code)));
  });

  const seconds = Math.round((performance.now() - started) / 1000);
  console.log(`== ${title}: ${ended === '0' ? 'passed' : `failed (${ended})`} after ${seconds} s`);
  return ended === '0';
}
