import { pruneSegments } from '../prune-segments.ts';
import { chain, signingKey } from './audit-fixture.ts';

/**
 * A process for the tests to kill: `node prune-loop.ts DIRECTORY OLDER_THAN` removes what is too old, and prints a line
 * before each file that goes.
 */
const [directory = '', olderThan = ''] = process.argv.slice(2);
await pruneSegments({
  directory,
  chain,
  signingKey,
  olderThan: Number(olderThan),
  now: () => Date.now(),
  record: async (detail) => void process.stdout.write(`${detail}\n`),
  stopped: () => false,
});
