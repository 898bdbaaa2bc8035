/** OAuth clients, whoever registered them. */
export interface Clients {
  get(id: string): Promise<RegisteredClient | undefined>;
  list(): Promise<readonly RegisteredClient[]>;
  /** Inserts or replaces the registration; secrets and whether it is disabled stay as they are. */
  put(client: Pick<RegisteredClient, 'id' | 'origin' | 'metadata'>, at: number): Promise<void>;
  /** The same of one that waits for approval: both are there or neither, so that it never stands without. */
  putWaiting(client: Pick<RegisteredClient, 'id' | 'origin' | 'metadata'>, at: number): Promise<void>;
  /** Of both: whether there is such a client. */
  disable(id: string): Promise<boolean>;
  enable(id: string): Promise<boolean>;
  remove(id: string): Promise<boolean>;
  /** How many registered themselves (RFC 7591, or by a document) and are of use to nobody, see {@link Clients.removeUnused}. */
  countUnused(at: number): Promise<number>;
  /**
   * Removes clients that registered themselves before `before` and that nobody uses: no consent lives at `at`, no use is on
   * record, and no administrator approved or disabled them. At most a hundred at once; none when nothing is left for this
   * caller: each goes to one of several that ask.
   */
  removeUnused(before: number, at: number): Promise<readonly Pick<RegisteredClient, 'id' | 'createdAt'>[]>;
  /** Adds a secret; all others then expire at `othersExpireAt` at the latest (the overlap). */
  addSecret(id: string, secretHash: string, othersExpireAt: number, at: number): Promise<void>;
  /** Hashes that are valid at `at`. */
  secrets(id: string, at: number): Promise<readonly string[]>;
}

/** One OAuth client, as it was registered. */
export interface RegisteredClient {
  readonly id: string;
  /** `config` and `builtin` are put again at each start; the others live in the store alone. */
  readonly origin: 'builtin' | 'config' | 'command' | 'registration' | 'page' | 'document';
  /** RFC 7591 metadata as oidc-provider takes it, without secrets. */
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly disabled: boolean;
  readonly createdAt: number;
}
