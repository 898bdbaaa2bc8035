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
