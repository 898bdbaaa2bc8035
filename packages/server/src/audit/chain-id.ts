import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { newUuid } from '../core/index.ts';

/**
 * The name of a directory's chain in the store, made at the first use and kept beside the records. It is random, so
 * that two gateways on one store never write each other's checkpoints.
 */
export async function chainId(directory: string): Promise<string> {
  const file = join(directory, 'chain-id');
  await mkdir(directory, { recursive: true, mode: 0o700 });
  try {
    await writeFile(file, `${newUuid()}\n`, { mode: 0o600, flag: 'wx' });
  } catch (thrown) {
    if (!(thrown instanceof Error && 'code' in thrown && thrown.code === 'EEXIST')) throw thrown;
  }
  return (await readFile(file, 'utf8')).trimEnd();
}
