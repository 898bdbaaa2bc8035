import { existsSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** Outside of the work tree, so that a fresh checkout does not pay for it again. Remove it to get everything anew. */
const cache =
  process.getuid?.() === 0 ? '/var/cache/grantway-tests' : join(homedir(), '.cache', 'grantway-tests');

/** Where {@link cachedFolder} keeps what is called so. */
export function cachedFolderPath(name: string): string {
  return join(cache, name);
}

/**
 * The path of a folder that takes long to make; `make` fills it when it is missing. Processes that make the same one at
 * once do the work twice, and one of them wins; what fails leaves nothing behind.
 *
 * @throws what `make` throws
 */
export async function cachedFolder(
  name: string,
  make: (unfinished: string) => Promise<void>,
): Promise<string> {
  const folder = cachedFolderPath(name);
  if (existsSync(folder)) return folder;
  await mkdir(cache, { recursive: true });
  const unfinished = `${folder}.${process.pid}`;
  try {
    await make(unfinished);
    await rename(unfinished, folder);
  } catch (cause) {
    await rm(unfinished, { recursive: true, force: true });
    if (!existsSync(folder)) throw cause;
  }
  return folder;
}
