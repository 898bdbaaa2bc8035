/** The kind of the records that hold keys; {@link SealedRecord.keyId} points to one of them. */
export const keyKind = 'key';

/** Ciphertexts of the vault. The store never sees what is in them. */
export interface SealedRecords {
  get(kind: string, id: string): Promise<SealedRecord | undefined>;
  list(kind: string): Promise<readonly SealedRecord[]>;
  /** Records that are sealed under one key, at most 100: what a key rotation still has to re-wrap. */
  underKey(keyId: string): Promise<readonly SealedRecord[]>;
  /**
   * Writes when the stored revision is still `expectedRevision` (0: there is none); false when somebody was faster,
   * also when the key named by `keyId` was retired meanwhile.
   */
  put(record: Omit<SealedRecord, 'revision'>, expectedRevision: number): Promise<boolean>;
  /** Removes a record, if there is one. `in_use`: it is a key under which others are still sealed, and it stays. */
  remove(kind: string, id: string): Promise<'removed' | 'in_use'>;
}

/** One ciphertext, found by its kind and id. */
export interface SealedRecord {
  readonly kind: string;
  readonly id: string;
  /** The vault's envelope: version, key id, wrapped data key, nonce, ciphertext, tag. */
  readonly envelope: string;
  /**
   * Id of the key record under which the envelope is sealed; absent for the keys themselves. The store holds on to
   * it: no record can be written under a key that is gone, and no key goes while a record is under it.
   */
  readonly keyId?: string;
  /** Grows by one with each write. The first is random, so that a record made anew never passes for the old one. */
  readonly revision: number;
}
