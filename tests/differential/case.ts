/** One conversation that must go the same on both ways. `Step` is what the engine's clients can do. */
export interface DifferentialCase<Step> {
  /** A sentence about behaviour. */
  readonly name: string;
  readonly steps: readonly Step[];
  /** What clients ask for when they connect. */
  readonly settings?: Readonly<Record<string, string>>;
  /** The error codes that the server gives, in order; none unless said. Keeps a case from proving a typing mistake. */
  readonly errors?: readonly string[];
}

/** Cases about one thing. */
export interface Theme<Step> {
  readonly name: string;
  readonly cases: readonly DifferentialCase<Step>[];
  /** True when no case changes anything outside of its own sessions, so that nothing must be put back. */
  readonly pure?: boolean;
}
