/** Live wire sessions, so that another process or gateway can list and end them. */
export interface LiveSessions {
  /** Adds and removes in one transaction; a gateway publishes what changed since the last time. */
  publish(added: readonly LiveSession[], removedIds: readonly string[]): Promise<void>;
  /** Oldest first: of one person, the one of an id, or all. */
  list(by?: { readonly personId?: string; readonly id?: string }): Promise<readonly LiveSession[]>;
  /** The session whose client cancels by the key of this hash, whichever gateway has it. */
  byCancelKey(hash: string): Promise<LiveSession | undefined>;
  /** Marks this gateway's sessions as alive, and gives how many there are. */
  heartbeat(gatewayId: string, at: number): Promise<number>;
  /** Removes the sessions of gateways that were not heard of since `before`. */
  prune(before: number): Promise<void>;
}

/** One session that a gateway holds now, as the others see it. Times are wall-clock milliseconds. */
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
