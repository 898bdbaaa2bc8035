/**
 * What the gateway remembers, one small interface per aggregate. Both bodies (SQLite, PostgreSQL) run the
 * same Kysely queries and pass the same conformance suite.
 *
 * Rules for every method: times are wall-clock milliseconds; ids and tokens arrive already hashed; a look-up
 * that finds nothing gives `undefined`; a store that cannot answer throws, and the caller refuses (fail closed).
 */
export interface Store {
  readonly artifacts: Artifacts;
  readonly people: People;
  readonly factors: Factors;
  readonly provisioning: Provisioning;
  readonly clients: Clients;
  readonly applications: Applications;
  readonly activity: ClientActivity;
  readonly attempts: Attempts;
  readonly sealed: SealedRecords;
  readonly sessions: LiveSessions;
  readonly revocations: Revocations;
  readonly checkpoints: AuditCheckpoints;
  readonly locks: Locks;
  /** Resolves when the store answers a trivial read; used by `/healthz`. */
  ping(): Promise<void>;
  close(): Promise<void>;
}

/** What the OAuth library keeps: grants, codes, tokens, sessions. `model` is oidc-provider's model name. */
export interface Artifacts {
  /** Inserts or replaces. A late save of a used artifact leaves it used: nothing but time removes that mark. */
  upsert(artifact: Artifact): Promise<void>;
  /** Finds one that has not expired. */
  find(model: string, idHash: string): Promise<StoredArtifact | undefined>;
  findByUid(model: string, uidHash: string): Promise<StoredArtifact | undefined>;
  findByUserCode(model: string, userCodeHash: string): Promise<StoredArtifact | undefined>;
  /** Marks as used. Of any number of concurrent callers, also in other processes, exactly one gets `consumed`. */
  consume(model: string, idHash: string, at: number): Promise<'consumed' | 'already_consumed' | 'not_found'>;
  destroy(model: string, idHash: string): Promise<void>;
  /** Removes everything whose `grantId` this is, and the artifact of model `Grant` whose hashed id it is. */
  revokeByGrant(grantId: string): Promise<void>;
  /** Artifacts of a model that are neither expired nor used, newest first, for the pages and the administrator. At most 1,000. */
  list(
    model: string,
    by: { readonly accountId?: string; readonly clientId?: string; readonly grantId?: string },
  ): Promise<readonly StoredArtifact[]>;
  /** Deletes what expired before `at`; gives how many. */
  prune(at: number): Promise<number>;
}

export interface Artifact {
  readonly model: string;
  readonly idHash: string;
  /** The library's payload without any bearer value. JSON. */
  readonly payload: Readonly<Record<string, unknown>>;
  readonly expiresAt?: number;
  readonly grantId?: string;
  readonly uidHash?: string;
  readonly userCodeHash?: string;
  readonly accountId?: string;
  readonly clientId?: string;
}

export interface StoredArtifact extends Artifact {
  readonly createdAt: number;
  readonly consumedAt?: number;
}

/** Everybody who signed in or was added, by principal id. */
export interface People {
  get(id: string): Promise<Person | undefined>;
  list(): Promise<readonly Person[]>;
  /** Adds somebody who has not signed in (config, command), or renews what is known of them; touches nothing else. */
  put(person: Pick<Person, 'id' | 'displayName' | 'groups' | 'claims'>, at: number): Promise<void>;
  /** Records what a sign-in method said of a person (name, groups, claims); never touches `disabled` or the password. */
  seen(person: Pick<Person, 'id' | 'displayName' | 'groups' | 'claims'>, at: number): Promise<void>;
  /** Records what a sign-in method said when it was asked again, without a sign-in. Nothing for somebody unknown. */
  heard(person: Pick<Person, 'id' | 'displayName' | 'groups' | 'claims'>, at: number): Promise<void>;
  /** What the sign-in method said does not count any more: {@link Person.heardAt} is long ago, until the next sign-in. */
  silence(id: string): Promise<void>;
  /** Records what a provisioning client says of a person, and adds them if they are unknown. */
  provision(
    person: Pick<Person, 'id' | 'displayName'> & { readonly provisioned: Provisioned },
    at: number,
  ): Promise<void>;
  setDisabled(id: string, disabled: boolean): Promise<boolean>;
  remove(id: string): Promise<boolean>;
  /** Sets the local password. `expiresAt` marks a first secret that must be changed before it. */
  setPassword(id: string, password: LocalPassword): Promise<void>;
  /** Replaces the hash only if it is still `from`, so that an upgrade never undoes a change. */
  upgradePassword(id: string, from: string, to: string): Promise<boolean>;
  /** The person's own choice, which does not expire. Only if the hash is still `from`, so that a reset meanwhile stands. */
  changePassword(id: string, from: string, to: string): Promise<boolean>;
  password(id: string): Promise<LocalPassword | undefined>;
}

export interface Person {
  readonly id: string;
  readonly displayName: string;
  /** What the sign-in method said, together with what was provisioned: what rules go by. */
  readonly groups: readonly string[];
  readonly claims: Readonly<Record<string, string | number | boolean | readonly string[]>>;
  /** Switched off here, or deactivated by whoever provisions them. */
  readonly disabled: boolean;
  readonly createdAt: number;
  readonly lastSignInAt?: number;
  /** When the sign-in method last spoke of this person: at a sign-in, or asked again since. */
  readonly heardAt?: number;
}

/** What a provisioning client says of a person. */
export interface Provisioned {
  /** False: the person is kept out, whatever a sign-in method says. */
  readonly active: boolean;
  readonly groups: readonly string[];
  /** True: these groups count instead of those of the sign-in method, and not together with them. */
  readonly groupsInstead: boolean;
}

export interface LocalPassword {
  /** argon2id or bcrypt, in PHC format. */
  readonly hash: string;
  readonly expiresAt?: number;
  /**
   * Only for people of the config file: {@link hashSecret} of the hash that the file gave, so that the next start
   * sees whether the file changed. `setPassword` without it, and `upgradePassword`, leave the stored one as it is.
   */
  readonly configured?: string;
}

/** What people prove beside a password. They go with the person. */
export interface Factors {
  /** Oldest first. */
  list(personId: string): Promise<readonly Factor[]>;
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
}

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

/**
 * Users and groups as provisioning clients (SCIM) wrote them, each for one sign-in method. What they mean for a person is
 * written by {@link People.provision}; ids are unique over all methods.
 */
export interface Provisioning {
  /** In the order in which they were made. */
  users(
    method: string,
    by?: {
      readonly id?: string;
      readonly nameKey?: string;
      readonly externalId?: string;
      readonly personId?: string;
    },
  ): Promise<readonly ProvisionedUser[]>;
  /** Inserts or replaces. Throws when another user has the name or the person; whoever writes looks before, in turn. */
  saveUser(user: ProvisionedUser): Promise<void>;
  /** Out of its groups, too. */
  removeUser(id: string): Promise<void>;
  groups(
    method: string,
    by?: { readonly id?: string; readonly name?: string },
  ): Promise<readonly ProvisionedGroup[]>;
  /** Inserts or replaces, with its members. Throws as {@link Provisioning.saveUser} does. */
  saveGroup(group: ProvisionedGroup): Promise<void>;
  removeGroup(id: string): Promise<void>;
  groupsOf(userId: string): Promise<readonly Pick<ProvisionedGroup, 'id' | 'name'>[]>;
}

export interface ProvisionedUser {
  readonly id: string;
  readonly method: string;
  /** The principal that this account is. */
  readonly personId: string;
  /** The user name as it is compared: upper and lower case do not count. */
  readonly nameKey: string;
  readonly externalId?: string;
  /** What the client wrote. JSON. */
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly createdAt: number;
  readonly updatedAt: number;
}

export interface ProvisionedGroup {
  readonly id: string;
  readonly method: string;
  /** What rules go by. */
  readonly name: string;
  readonly externalId?: string;
  /** Ids of {@link ProvisionedUser}s. */
  readonly memberIds: readonly string[];
  readonly createdAt: number;
  readonly updatedAt: number;
}

/** OAuth clients, whoever registered them. */
export interface Clients {
  get(id: string): Promise<RegisteredClient | undefined>;
  list(): Promise<readonly RegisteredClient[]>;
  /** Inserts or replaces the registration; secrets and `disabled` stay as they are. */
  put(client: Pick<RegisteredClient, 'id' | 'origin' | 'metadata'>, at: number): Promise<void>;
  setDisabled(id: string, disabled: boolean): Promise<boolean>;
  remove(id: string): Promise<boolean>;
  /** Adds a secret; all others then expire at `othersExpireAt` at the latest (the overlap). */
  addSecret(id: string, secretHash: string, othersExpireAt: number, at: number): Promise<void>;
  /** Hashes that are valid at `at`. */
  secrets(id: string, at: number): Promise<readonly string[]>;
}

export interface RegisteredClient {
  readonly id: string;
  /** `config` and `builtin` are put again at each start; the others live in the store alone. */
  readonly origin: 'builtin' | 'config' | 'command' | 'registration' | 'page' | 'document';
  /** RFC 7591 metadata as oidc-provider takes it, without secrets. */
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly disabled: boolean;
  readonly createdAt: number;
}

/** What is known of a client beyond its registration: whose it is, and whether somebody approved it. */
export interface Applications {
  get(clientId: string): Promise<RegisteredApplication | undefined>;
  list(
    by: Partial<Pick<RegisteredApplication, 'owner' | 'state'>>,
  ): Promise<readonly RegisteredApplication[]>;
  /** Inserts or replaces. The client must exist; the application goes with it. */
  put(application: RegisteredApplication): Promise<void>;
}

export interface RegisteredApplication {
  readonly clientId: string;
  /** The principal id of its developer; absent for one that registered itself over the API. */
  readonly owner?: string;
  /** One that waits works in test mode alone. */
  readonly state: 'waiting' | 'approved';
  /** A small image as a `data:` URL. */
  readonly logo?: string;
  /** Who approved it; absent where nobody had to. */
  readonly decidedBy?: string;
}

/** What clients did lately, for their developers and for the people who let them in. */
export interface ClientActivity {
  /** Counts an access token that a client got. */
  used(use: Pick<ClientUse, 'clientId' | 'personId' | 'database' | 'role'>, at: number): Promise<void>;
  /** The last use first; at most 1,000. */
  uses(by: { readonly clientId: string } | { readonly personId: string }): Promise<readonly ClientUse[]>;
  /** Remembers what went wrong for a client; of each client the newest 20, each sentence once. */
  failed(
    failure: Pick<ClientError, 'error' | 'sentence'> & { readonly clientId: string },
    at: number,
  ): Promise<void>;
  /** The newest first. */
  errors(clientId: string): Promise<readonly ClientError[]>;
  /** Deletes what last happened before `before`. */
  prune(before: number): Promise<void>;
}

/** What one client did for one person: how often it got a token, and for what the last one was. */
export interface ClientUse {
  readonly clientId: string;
  readonly personId: string;
  readonly times: number;
  readonly firstAt: number;
  readonly lastAt: number;
  readonly database?: string;
  readonly role?: string;
}

export interface ClientError {
  /** The OAuth error code. */
  readonly error: string;
  /** For the developer, in words. Never holds a token, a code or a secret. */
  readonly sentence: string;
  readonly times: number;
  readonly lastAt: number;
}

/** Durable counters for throttling, shared by all processes. */
export interface Attempts {
  /**
   * Counts one attempt, or `by` at once, in the window that `key` is in, and gives the count including these and the
   * window's end.
   */
  add(
    key: string,
    windowMs: number,
    at: number,
    by?: number,
  ): Promise<{ readonly count: number; readonly endsAt: number }>;
  /** The count without adding; 0 when the window ended. */
  peek(key: string, at: number): Promise<{ readonly count: number; readonly endsAt: number }>;
  clear(key: string): Promise<void>;
  /** Deletes windows that ended before `at`; gives how many. */
  prune(at: number): Promise<number>;
}

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

/** The kind of the records that hold keys; {@link SealedRecord.keyId} points to one of them. */
export const keyKind = 'key';

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

/** Live wire sessions, so that another process or gateway can list and end them. */
export interface LiveSessions {
  /** Adds and removes in one transaction; a gateway publishes what changed since the last time. */
  publish(added: readonly LiveSession[], removedIds: readonly string[]): Promise<void>;
  list(): Promise<readonly LiveSession[]>;
  /** The session whose client cancels by the key of this hash, whichever gateway has it. */
  byCancelKey(hash: string): Promise<LiveSession | undefined>;
  /** Marks this gateway's sessions as alive. */
  heartbeat(gatewayId: string, at: number): Promise<void>;
  /** Removes the sessions of gateways that were not heard of since `before`. */
  prune(before: number): Promise<void>;
}

export interface LiveSession {
  readonly id: string;
  readonly gatewayId: string;
  readonly personId: string;
  readonly clientId: string;
  readonly consentId: string;
  readonly database: string;
  readonly role: string;
  readonly remoteAddress: string;
  readonly startedAt: number;
  readonly heartbeatAt: number;
  /** SHA-256 of what the client presents to cancel, so that a gateway which has not got the session can find it. */
  readonly cancelKeyHash: string;
}

/** The log that every gateway follows to end sessions: whatever revokes appends here. */
export interface Revocations {
  /** Durable when it resolves. Gives the sequence number. */
  append(revocation: Revocation, at: number): Promise<number>;
  /** Everything after `sequence`, in order. */
  since(sequence: number): Promise<readonly (Revocation & { readonly sequence: number })[]>;
  /** The newest sequence number; 0 when there is none. Numbers go on after a {@link Revocations.prune}. */
  head(): Promise<number>;
  /** Deletes entries from before `before`; gives how many. Nobody may still have to read them. */
  prune(before: number): Promise<number>;
}

/**
 * What is revoked. `subject` is a token hash, consent id, client id, principal id, `database/role`, or session id.
 * `groups` (of a principal id) revokes what the person's groups do not give any more, and leaves the rest; `statement`
 * (of a session id) cancels what runs, and the session goes on.
 */
export interface Revocation {
  readonly kind: 'token' | 'consent' | 'client' | 'person' | 'groups' | 'role' | 'session' | 'statement';
  readonly subject: string;
  /** Continues the sentence "Your access was revoked: …" to the person concerned. */
  readonly reason: string;
}

/** Heads of the audit chains, kept apart from the audit files so that a cut tail is noticed. */
export interface AuditCheckpoints {
  put(checkpoint: AuditCheckpoint): Promise<void>;
  latest(chain: string): Promise<AuditCheckpoint | undefined>;
}

export interface AuditCheckpoint {
  /** One chain per gateway data directory. */
  readonly chain: string;
  readonly sequence: number;
  readonly hash: string;
  readonly at: number;
  /** HMAC by the vault over the fields above. */
  readonly signature: string;
}

/** Leases that serialise rotations between processes. */
export interface Locks {
  /** True when `owner` holds `name` until `until` now; an expired lease is taken over. */
  acquire(name: string, owner: string, until: number, at: number): Promise<boolean>;
  release(name: string, owner: string): Promise<void>;
}
