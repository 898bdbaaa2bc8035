import { createSecretKey, type KeyObject, randomBytes } from 'node:crypto';
import { link, mkdir, open, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { newUuid } from '../core/index.ts';
import { readSecretFile } from './secret-file.ts';
import { environmentSecret, parseSecretReference } from './secret-source.ts';

/**
 * The master key that a reference of the config names: 32 bytes in base64.
 * @throws Error when it is missing or malformed, or when others on this machine can read its file; the message says
 * how to fix that and never repeats the key.
 */
export async function loadMasterKey(reference: string, directory: string): Promise<KeyObject> {
  const source = parseSecretReference(reference, directory);
  if (source.kind === 'env') return parseMasterKey(Buffer.from(environmentSecret(source.name)), reference);
  const { content, mode } = await readSecretFile(source.path);
  // Windows has no such bits and reports every file as open to all.
  if ((mode & 0o077) !== 0 && process.platform !== 'win32') {
    throw new Error(
      `The master key file ${source.path} can be read by others on this machine (mode ${mode.toString(8).padStart(4, '0')}). Close it with: chmod 600 ${source.path}`,
    );
  }
  return parseMasterKey(content, reference);
}

/**
 * Writes a fresh master key to a file that only this user can read, and makes the folder if needed. An existing file
 * is left as it is: it may be the only key to a store. The file is on the disk, whole, when this resolves.
 */
export async function createMasterKey(path: string): Promise<'created' | 'exists'> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const draft = `${path}.${newUuid()}`;
  const file = await open(draft, 'wx', 0o600);
  try {
    const key = randomBytes(32);
    await file.writeFile(`${key.toString('base64')}\n`);
    await file.sync();
    key.fill(0);
    // A link, unlike a rename, never replaces a key that another process wrote first.
    await link(draft, path);
    return 'created';
  } catch (thrown) {
    if (thrown instanceof Error && 'code' in thrown && thrown.code === 'EEXIST') return 'exists';
    throw thrown;
  } finally {
    await file.close();
    await rm(draft, { force: true });
  }
}

function parseMasterKey(content: Buffer, reference: string): KeyObject {
  const key = Buffer.from(content.toString('latin1'), 'base64');
  const wellFormed = /^[A-Za-z0-9+/_-]{43}=?$/.test(content.toString('latin1')) && key.length === 32;
  content.fill(0);
  if (!wellFormed) {
    throw new Error(
      `The master key ${reference} must be 32 bytes in base64 (44 characters). Make one with: openssl rand -base64 32`,
    );
  }
  const masterKey = createSecretKey(key);
  key.fill(0);
  return masterKey;
}
