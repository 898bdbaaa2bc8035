import { hkdfSync, type KeyObject, randomBytes } from 'node:crypto';
import { Secret } from '../core/index.ts';
import { keyKind, type SealedRecord, type SealedRecords, type Store } from '../store/index.ts';
import { envelopeKeyId, openEnvelope, sealEnvelope } from './envelope.ts';
import { type Keyring, loadKeyring } from './keyring.ts';
import type { Vault } from './vault.ts';

/** The random record from which {@link Vault.derive} makes its keys. */
const root = { kind: 'root', id: 'derivation' } as const;

const writeAttempts = 50;

/**
 * Opens the vault of a store; a new store gets its first key and its root record. Several processes may do so at
 * once, and a rotation in another process is followed without a restart.
 * @throws Error with a sentence for the operator when the master key does not fit, or a key was altered.
 */
export async function openVault(options: {
  readonly store: Pick<Store, 'sealed'>;
  readonly masterKey: KeyObject;
}): Promise<Vault> {
  const { sealed } = options.store;
  const vault = new SealedVault(sealed, options.masterKey, await loadKeyring(sealed, options.masterKey));
  await vault.ensureRoot();
  return vault;
}

class SealedVault implements Vault {
  readonly #sealed: SealedRecords;
  readonly #masterKey: KeyObject;
  #keyring: Keyring;

  constructor(sealed: SealedRecords, masterKey: KeyObject, keyring: Keyring) {
    this.#sealed = sealed;
    this.#masterKey = masterKey;
    this.#keyring = keyring;
  }

  async put(kind: string, id: string, plaintext: Secret): Promise<void> {
    refuseReserved(kind);
    const bytes = Buffer.from(plaintext.reveal());
    try {
      for (let attempt = 0; attempt < writeAttempts; attempt++) {
        const current = await this.#sealed.get(kind, id);
        if (await this.#write({ kind, id }, bytes, current?.revision ?? 0)) return;
        // Somebody else wrote this record, or a rotation retired the key that sealed it.
        await this.#reloadKeyring();
      }
    } finally {
      bytes.fill(0);
    }
    throw stillChanging(kind, id);
  }

  async add(kind: string, id: string, plaintext: Secret): Promise<boolean> {
    refuseReserved(kind);
    const bytes = Buffer.from(plaintext.reveal());
    try {
      for (let attempt = 0; attempt < writeAttempts; attempt++) {
        if (await this.#write({ kind, id }, bytes, 0)) return true;
        if ((await this.#sealed.get(kind, id)) !== undefined) return false;
        // Nobody was first: a rotation retired the key that sealed it.
        await this.#reloadKeyring();
      }
    } finally {
      bytes.fill(0);
    }
    throw stillChanging(kind, id);
  }

  async open(kind: string, id: string): Promise<Secret | undefined> {
    refuseReserved(kind);
    const record = await this.#sealed.get(kind, id);
    return record && (await this.#secretIn(record));
  }

  async openAll(kind: string): Promise<ReadonlyMap<string, Secret>> {
    refuseReserved(kind);
    const opened = new Map<string, Secret>();
    for (const record of await this.#sealed.list(kind)) opened.set(record.id, await this.#secretIn(record));
    return opened;
  }

  async remove(kind: string, id: string): Promise<void> {
    refuseReserved(kind);
    await this.#sealed.remove(kind, id);
  }

  async derive(purpose: string): Promise<Buffer> {
    const record = await this.#sealed.get(root.kind, root.id);
    if (record === undefined) {
      throw new Error(
        'The root record of the vault is gone from the store. Restore the store from a backup.',
      );
    }
    const secret = await this.#opened(record);
    const derived = Buffer.from(hkdfSync('sha256', secret, Buffer.alloc(0), `grantway ${purpose}`, 32));
    secret.fill(0);
    return derived;
  }

  /** Makes the root record if it is missing. Of several processes that do so at once, one wins and all use its record. */
  async ensureRoot(): Promise<void> {
    for (let attempt = 0; attempt < writeAttempts; attempt++) {
      const record = await this.#sealed.get(root.kind, root.id);
      if (record !== undefined) {
        (await this.#opened(record)).fill(0);
        return;
      }
      const secret = randomBytes(32);
      await this.#write(root, secret, 0);
      secret.fill(0);
      await this.#reloadKeyring();
    }
    throw new Error('The root record of the vault could not be written. Try again.');
  }

  async #write(
    place: { readonly kind: string; readonly id: string },
    plaintext: Buffer,
    expectedRevision: number,
  ): Promise<boolean> {
    const key = this.#keyring.active;
    const envelope = sealEnvelope(key, place, plaintext);
    return await this.#sealed.put({ ...place, envelope, keyId: key.id }, expectedRevision);
  }

  async #secretIn(record: SealedRecord): Promise<Secret> {
    const bytes = await this.#opened(record);
    const secret = new Secret(bytes.toString());
    bytes.fill(0);
    return secret;
  }

  async #opened(record: SealedRecord): Promise<Buffer> {
    const keyId = envelopeKeyId(record.envelope);
    // A rotation in another process makes keys that this one has not seen.
    if (keyId !== undefined && this.#keyring.find(keyId) === undefined) await this.#reloadKeyring();
    return openEnvelope(this.#keyring.find, record, record.envelope);
  }

  async #reloadKeyring(): Promise<void> {
    this.#keyring = await loadKeyring(this.#sealed, this.#masterKey);
  }
}

function stillChanging(kind: string, id: string): Error {
  return new Error(
    `The secret ${kind} ${JSON.stringify(id)} could not be written: others keep changing it. Try again.`,
  );
}

function refuseReserved(kind: string): void {
  if (kind === keyKind || kind === root.kind) {
    throw new TypeError(`records of the kind ${kind} belong to the vault itself`);
  }
}
