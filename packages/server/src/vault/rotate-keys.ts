import type { KeyObject } from 'node:crypto';
import { keyKind, type SealedRecords, type Store } from '../store/index.ts';
import { rewrapEnvelope } from './envelope.ts';
import { addKey, type Keyring, loadKeyring } from './keyring.ts';

/** What a rotation did. */
export interface KeyRotation {
  /** The version that seals from now on. */
  readonly active: string;
  /** Records that this run put under it. */
  readonly rewrapped: number;
  /** Versions that no record needed any more; their keys are gone. */
  readonly retired: readonly string[];
}

/**
 * Makes a new version of the key-encryption key, puts every record under it and retires all older versions.
 *
 * It may be killed at any point and run again: each write leaves every record readable, records are replaced only if
 * nobody changed them since, and the store gives up no key under which a record is sealed. Gateways that run
 * meanwhile follow without a restart.
 * @throws Error when the master key does not fit, or when a record was altered (it is named; nothing of it is lost).
 */
export async function rotateKeys(options: {
  readonly store: Pick<Store, 'sealed'>;
  readonly masterKey: KeyObject;
}): Promise<KeyRotation> {
  const { store, masterKey } = options;
  const { sealed } = store;
  await addNextKey(sealed, masterKey);

  const retired: string[] = [];
  let rewrapped = 0;
  for (;;) {
    const keyring = await loadKeyring(sealed, masterKey);
    const { oldest, active } = keyring;
    if (oldest.id === active.id) return { active: active.id, rewrapped, retired };
    const left = await rewrapSome(sealed, keyring);
    rewrapped += left.rewrapped;
    if (left.seen === 0 && (await sealed.remove(keyKind, oldest.id)) === 'removed') retired.push(oldest.id);
  }
}

async function addNextKey(sealed: SealedRecords, masterKey: KeyObject): Promise<void> {
  for (;;) {
    const { active } = await loadKeyring(sealed, masterKey);
    if (await addKey(sealed, masterKey, String(Number(active.id) + 1))) return;
  }
}

/** Re-wraps up to a hundred records of the oldest version. A record that somebody changed meanwhile comes again. */
async function rewrapSome(
  sealed: SealedRecords,
  { find, oldest, active }: Keyring,
): Promise<{ readonly seen: number; readonly rewrapped: number }> {
  const records = await sealed.underKey(oldest.id);
  let rewrapped = 0;
  for (const record of records) {
    const envelope = rewrapEnvelope(find, active, record, record.envelope);
    if (await sealed.put({ ...record, envelope, keyId: active.id }, record.revision)) rewrapped++;
  }
  return { seen: records.length, rewrapped };
}
