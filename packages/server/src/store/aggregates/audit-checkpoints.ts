/** Heads of the audit chains, kept apart from the audit files so that a cut tail is noticed. */
export interface AuditCheckpoints {
  put(checkpoint: AuditCheckpoint): Promise<void>;
  latest(chain: string): Promise<AuditCheckpoint | undefined>;
}

/** How far one chain had come at a time (wall-clock milliseconds), so that nothing before it can go unseen. */
export interface AuditCheckpoint {
  /** One chain per gateway data directory. */
  readonly chain: string;
  readonly sequence: number;
  readonly hash: string;
  readonly at: number;
  /** HMAC by the vault over the fields above. */
  readonly signature: string;
}
