/**
 * A process of its own that races another for the same artifacts. Started by `two-processes.ts` with the store's
 * location and the work as JSON arguments: opens the store (which migrates), says `ready`, waits for a byte on
 * standard input, uses everything at once, and prints the outcomes as JSON.
 */
import { once } from 'node:events';
import type { StoreLocation } from '../../config/index.ts';
import { systemClock } from '../../core/index.ts';
import { openStore } from '../open-store.ts';

const [location = '', work = ''] = process.argv.slice(2);
const wanted: readonly { readonly model: string; readonly idHash: string }[] = JSON.parse(work);

const store = await openStore(JSON.parse(location) as StoreLocation, systemClock);
process.stdout.write('ready\n');
await once(process.stdin, 'data');
const outcomes = await Promise.all(
  wanted.map(({ model, idHash }) => store.artifacts.consume(model, idHash, systemClock.now())),
);
process.stdout.write(`${JSON.stringify(outcomes)}\n`);
await store.close();
process.stdin.destroy();
