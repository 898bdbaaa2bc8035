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

/** One thing that the OAuth library keeps, without anything that its bearer could use. */
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

/** An artifact as it is found again, with what happened to it. Times are wall-clock milliseconds. */
export interface StoredArtifact extends Artifact {
  readonly createdAt: number;
  readonly consumedAt?: number;
}
