import { link, open, readFile, rm } from 'node:fs/promises';
import { newUuid } from '../core/index.ts';

/**
 * Reads a file that only we may read, or makes it with `content` when it is missing. It is whole or it is not there,
 * also when we are killed or two processes make it at once.
 */
export async function keepFile(path: string, content: () => Promise<string>): Promise<string> {
  const there = await read(path);
  if (there !== undefined) return there;
  const draft = `${path}.${newUuid()}`;
  const file = await open(draft, 'wx', 0o600);
  try {
    await file.writeFile(await content());
    await file.sync();
    await link(draft, path);
  } catch (thrown) {
    if (!isCode(thrown, 'EEXIST')) throw thrown;
  } finally {
    await file.close();
    await rm(draft, { force: true });
  }
  return await readFile(path, 'utf8');
}

async function read(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (thrown) {
    if (isCode(thrown, 'ENOENT')) return undefined;
    throw thrown;
  }
}

function isCode(thrown: unknown, code: string): boolean {
  return thrown instanceof Error && 'code' in thrown && thrown.code === code;
}
