/** What goes on failing is told as often as this, in milliseconds, however often it is tried. */
const repeatMs = 60_000;

/** Where an {@link OngoingProblem} is told. */
interface Told {
  problem(message: string, cause: unknown): void;
  note(message: string): void;
}

/**
 * Something that is tried again and again, some of it four times a second, and that may fail for a while. The operator is
 * told when that begins, once a minute while it lasts, and when it is over.
 */
export class OngoingProblem {
  readonly #log: Told;
  readonly #sentences: { readonly failing: string; readonly working: string };
  readonly #now: () => number;
  #toldAt: number | undefined;

  constructor(
    log: Told,
    sentences: { readonly failing: string; readonly working: string },
    now: () => number = () => performance.now(),
  ) {
    this.#log = log;
    this.#sentences = sentences;
    this.#now = now;
  }

  failed(cause: unknown): void {
    const now = this.#now();
    if (this.#toldAt !== undefined && now - this.#toldAt < repeatMs) return;
    this.#toldAt = now;
    this.#log.problem(this.#sentences.failing, cause);
  }

  worked(): void {
    if (this.#toldAt === undefined) return;
    this.#toldAt = undefined;
    this.#log.note(this.#sentences.working);
  }
}
