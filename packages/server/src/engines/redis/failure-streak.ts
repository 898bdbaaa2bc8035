/** Tells of the first of several failures in a row, so that what is tried again every second does not fill the log. */
export class FailureStreak {
  readonly #tell: (cause: unknown) => void;
  #failing = false;

  constructor(tell: (cause: unknown) => void) {
    this.#tell = tell;
  }

  failed(cause: unknown): void {
    if (this.#failing) return;
    this.#failing = true;
    this.#tell(cause);
  }

  /** The next failure begins another streak. */
  succeeded(): void {
    this.#failing = false;
  }
}
