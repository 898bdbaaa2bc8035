/**
 * A process that rotates keys and kills itself (SIGKILL) right after its n-th write to the store. Started by
 * `rotate-keys.test.ts` with: the store's file, the folder of the keys, n, and `change` to change the master key.
 */
import { createSecretKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { systemClock } from '../core/index.ts';
import { openStore, type SealedRecords } from '../store/index.ts';
import { changeMasterKey } from './keyring.ts';
import { rotateKeys } from './rotate-keys.ts';

const [path = '', folder = '', killAfter = '', change = ''] = process.argv.slice(2);
const key = (name: string) => createSecretKey(readFileSync(join(folder, name)));

let writes = 0;
function written<T>(outcome: T): T {
  writes++;
  if (writes === Number(killAfter)) process.kill(process.pid, 'SIGKILL');
  return outcome;
}

const store = await openStore({ kind: 'sqlite', path }, systemClock);
const sealed: SealedRecords = {
  ...store.sealed,
  put: async (record, revision) => written(await store.sealed.put(record, revision)),
  remove: async (kind, id) => written(await store.sealed.remove(kind, id)),
};
const masterKey = key(change === 'change' ? 'next.key' : 'master.key');
if (change === 'change') await changeMasterKey(sealed, key('master.key'), masterKey);
await rotateKeys({ store: { sealed }, masterKey });
await store.close();
