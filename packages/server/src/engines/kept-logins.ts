/**
 * Logins that somebody else issued, kept while they are good for use. However many sessions ask at once, the issuer is
 * asked once for each. A failure is not kept.
 */
export class KeptLogins<T> {
  readonly #isGood: (login: T) => boolean;
  readonly #kept = new Map<string, T>();
  readonly #asked = new Map<string, Promise<T>>();

  /** `isGood` says whether a login can be used to connect from now on. */
  constructor(isGood: (login: T) => boolean) {
    this.#isGood = isGood;
  }

  /** A kept login first; when the server refused that one, a fresh one. @throws what `ask` throws */
  async *candidates(key: string, ask: () => Promise<T>): AsyncGenerator<T> {
    const kept = this.#usable(key);
    if (kept !== undefined) {
      yield kept;
      if (this.#kept.get(key) === kept) this.#kept.delete(key);
    }
    yield await this.get(key, ask);
  }

  /** A kept login, or a fresh one. @throws what `ask` throws */
  async get(key: string, ask: () => Promise<T>): Promise<T> {
    return this.#usable(key) ?? (await this.#ask(key, ask));
  }

  #usable(key: string): T | undefined {
    const kept = this.#kept.get(key);
    return kept !== undefined && this.#isGood(kept) ? kept : undefined;
  }

  #ask(key: string, ask: () => Promise<T>): Promise<T> {
    const asked = this.#asked.get(key);
    if (asked !== undefined) return asked;
    const asking = ask()
      .then((issued) => {
        for (const [other, login] of this.#kept) if (!this.#isGood(login)) this.#kept.delete(other);
        this.#kept.set(key, issued);
        return issued;
      })
      .finally(() => this.#asked.delete(key));
    this.#asked.set(key, asking);
    return asking;
  }
}
