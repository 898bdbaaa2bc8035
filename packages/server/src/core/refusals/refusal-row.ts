/** What is said when a request or a session ends for one reason: in words, and in the tongue of each door. */
export interface RefusalRow {
  /**
   * One sentence for the caller: it says what to do, and never carries a secret or an operator's detail. `{name}` is
   * filled from the details of the refusal.
   */
  readonly sentence: string;
  readonly native: NativeErrors;
}

/** The same refusal as each door says it. */
export interface NativeErrors {
  /** HTTP status, sent with problem+json. */
  readonly http: number;
  /** OAuth `error` value. */
  readonly oauth: string;
  /** PostgreSQL and Redshift SQLSTATE. */
  readonly sqlstate: string;
  /** MySQL error number. */
  readonly mysql: number;
  /** First word of a Redis error reply. */
  readonly redis: string;
}
