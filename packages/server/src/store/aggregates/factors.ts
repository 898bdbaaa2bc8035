/** What people prove beside a password. They go with the person. */
export interface Factors {
  /** Oldest first. */
  list(personId: string): Promise<readonly Factor[]>;
  /** One whose id is there already stays as it is. */
  add(factor: Omit<Factor, 'createdAt' | 'lastUsedAt'>, at: number): Promise<void>;
  /** Takes a step of an app if it is later than all before. Of any number of callers, also elsewhere, one gets true. */
  takeStep(id: string, step: number, at: number): Promise<boolean>;
  /** Notes a use of a passkey, with the counter that it gave. */
  used(id: string, step: number, at: number): Promise<void>;
  byCredential(credentialId: string): Promise<Factor | undefined>;
  /** With the last factor go the recovery codes. False: it is not this person's. */
  remove(personId: string, id: string): Promise<boolean>;
  /** Replaces all codes of a person. */
  setRecoveryCodes(personId: string, hashes: readonly string[]): Promise<void>;
  /** Uses a code up. Of any number of callers one gets true. */
  useRecoveryCode(personId: string, hash: string): Promise<boolean>;
  recoveryCodesLeft(personId: string): Promise<number>;
  /** Ids of sealed records of `kind` under which no factor is any more. */
  keysWithoutFactor(kind: string): Promise<readonly string[]>;
}

/** One app or passkey of a person. The secret of an app is in the vault, under the id of the factor. */
export interface Factor {
  readonly id: string;
  readonly personId: string;
  readonly kind: 'totp' | 'passkey';
  /** What its owner calls it. */
  readonly label: string;
  readonly createdAt: number;
  readonly lastUsedAt?: number;
  /** The last time step that was taken of an app (RFC 6238, section 4.2); of a passkey its signature counter. */
  readonly step: number;
  /** Both base64url, as WebAuthn has them; only of a passkey. */
  readonly passkey?: { readonly credentialId: string; readonly publicKey: string };
}
