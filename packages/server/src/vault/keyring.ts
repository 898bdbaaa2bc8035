import { createHmac, createSecretKey, type KeyObject, randomBytes } from 'node:crypto';
import { keyKind, type SealedRecord, type SealedRecords } from '../store/index.ts';
import { associatedData, fromBase64url, seal, unseal } from './aes-gcm.ts';
import type { KeyVersion } from './envelope.ts';

const version = 'gwk1';

/** All versions of the key-encryption key, oldest first; the newest one seals. Never empty. */
export class Keyring {
  readonly active: KeyVersion;
  readonly oldest: KeyVersion;
  readonly #keys: ReadonlyMap<string, KeyObject>;

  constructor(versions: readonly [KeyVersion, ...KeyVersion[]]) {
    this.oldest = versions[0];
    this.active = versions.at(-1) ?? versions[0];
    this.#keys = new Map(versions.map(({ id, key }) => [id, key]));
  }

  readonly find = (id: string): KeyObject | undefined => this.#keys.get(id);
}

/**
 * Opens the keys of the store; an empty store gets its first one.
 * @throws Error when the master key is another than the one that they are sealed under, or when one was altered.
 */
export async function loadKeyring(sealed: SealedRecords, masterKey: KeyObject): Promise<Keyring> {
  for (;;) {
    const records = (await sealed.list(keyKind)).toSorted((a, b) => Number(a.id) - Number(b.id));
    const [oldest, ...newer] = records.map((record) => openKey(record, masterKey));
    if (oldest !== undefined) return new Keyring([oldest, ...newer]);
    await addKey(sealed, masterKey, '1');
  }
}

/** Adds a key version that was never there. False when another process added one of this id first. */
export async function addKey(sealed: SealedRecords, masterKey: KeyObject, id: string): Promise<boolean> {
  const key = randomBytes(32);
  const envelope = sealKey(id, key, masterKey);
  key.fill(0);
  return await sealed.put({ kind: keyKind, id, envelope }, 0);
}

/**
 * Puts every key of the store under another master key; those that are under it already stay as they are, so that
 * it can be killed and run again.
 */
export async function changeMasterKey(
  sealed: SealedRecords,
  previous: KeyObject,
  masterKey: KeyObject,
): Promise<void> {
  for (const record of await sealed.list(keyKind)) {
    if (isUnder(record, masterKey)) continue;
    const { id, key } = openKey(record, previous);
    const bytes = key.export();
    const envelope = sealKey(id, bytes, masterKey);
    bytes.fill(0);
    // Another process that is faster does the same: what it wrote is checked when the keyring is loaded.
    await sealed.put({ ...record, envelope }, record.revision);
  }
}

function sealKey(id: string, key: Buffer, masterKey: KeyObject): string {
  const masterId = checkValue(masterKey);
  const box = seal(masterKey, associatedData(version, keyKind, id, masterId), key);
  return [version, masterId, box.toString('base64url')].join('.');
}

function openKey(record: SealedRecord, masterKey: KeyObject): KeyVersion {
  const [found, masterId = '', text = '', ...rest] = record.envelope.split('.');
  const box = fromBase64url(text);
  if (found !== version || rest.length > 0 || box === undefined || !/^[1-9]\d{0,8}$/.test(record.id)) {
    throw altered(record);
  }
  if (masterId !== checkValue(masterKey)) {
    throw new Error(
      `The master key does not fit this store: key ${record.id} is sealed under another one. Start with the master key that this store was used with; to change it, run the key rotation with the previous master key as well.`,
    );
  }
  const key = unseal(masterKey, associatedData(version, keyKind, record.id, masterId), box);
  if (key?.length !== 32) throw altered(record);
  const opened = createSecretKey(key);
  key.fill(0);
  return { id: record.id, key: opened };
}

function isUnder(record: SealedRecord, masterKey: KeyObject): boolean {
  return record.envelope.split('.')[1] === checkValue(masterKey);
}

/** Tells master keys apart without telling anything of them. */
function checkValue(masterKey: KeyObject): string {
  return createHmac('sha256', masterKey)
    .update('grantway master key check')
    .digest()
    .subarray(0, 9)
    .toString('base64url');
}

function altered(record: SealedRecord): Error {
  return new Error(
    `Key ${JSON.stringify(record.id)} of the keyring was altered in the store. Restore the store from a backup.`,
  );
}
