import { systemClock } from '../../core/index.ts';
import { openAudit } from '../index.ts';

/**
 * A process for the tests to kill, or to run out of disk: `node durable-loop.ts DIRECTORY` records durably from four
 * callers at once, and prints the request of each record that was acknowledged, or the error that ended it.
 */
const [directory = ''] = process.argv.slice(2);
const audit = await openAudit({
  directory,
  chain: 'test',
  signingKey: Buffer.alloc(32, 7),
  checkpoints: { put: async () => undefined, latest: async () => undefined },
  clock: systemClock,
  log: { problem: () => undefined, note: () => undefined },
});
audit.onFailure((cause) => process.stdout.write(`failed ${String((cause as NodeJS.ErrnoException).code)}\n`));

async function caller(name: string): Promise<void> {
  for (let count = 1; ; count++) {
    const request = `${name}${count}`;
    try {
      await audit.recordDurably({ type: 'sign_out', request, person: `local:${'x'.repeat(200)}` });
    } catch (thrown) {
      process.stdout.write(`refused ${(thrown as { code: string }).code}\n`);
      return;
    }
    process.stdout.write(`durable ${request}\n`);
  }
}

await Promise.all(['a', 'b', 'c', 'd'].map(caller));
try {
  audit.record({ type: 'sign_out' });
} catch (thrown) {
  process.stdout.write(`record threw ${(thrown as { code: string }).code}\n`);
}
process.exit(0);
