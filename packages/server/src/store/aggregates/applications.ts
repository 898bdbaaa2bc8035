/** What is known of a client beyond its registration: whose it is, and whether somebody approved it. */
export interface Applications {
  get(clientId: string): Promise<RegisteredApplication | undefined>;
  list(
    by: Partial<Pick<RegisteredApplication, 'owner' | 'state'>>,
  ): Promise<readonly RegisteredApplication[]>;
  /** Inserts or replaces. The client must exist; the application goes with it. */
  put(application: RegisteredApplication): Promise<void>;
}

/** What a client is beside its registration. */
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
