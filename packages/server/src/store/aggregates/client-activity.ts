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

/** What went wrong for a client, how often, and when last (wall-clock milliseconds). */
export interface ClientError {
  /** The OAuth error code. */
  readonly error: string;
  /** For the developer, in words. Never holds a token, a code or a secret. */
  readonly sentence: string;
  readonly times: number;
  readonly lastAt: number;
}
