/** Ends connections at the server as its administrator, and remembers which, since only their sessions may notice. */
export class KillSwitch {
  readonly #end: (backend: string) => Promise<void>;
  readonly #killed = new Set<string>();
  /** Kills of connections that belonged to nobody, which may still hit a session that has just been given one. */
  #unattributed = 0;

  /** `end` resolves when the server was told to. One that is gone already is no fault. */
  constructor(end: (backend: string) => Promise<void>) {
    this.#end = end;
  }

  /** Ends the server's side of a session. */
  async kill(backend: string): Promise<void> {
    this.#killed.add(backend);
    await this.#end(backend);
  }

  /** The same, for one whose session has left. */
  async killIdle(backend: string): Promise<void> {
    this.#unattributed += 1;
    await this.kill(backend);
  }

  /** Whether a session on this backend may end; one whose backend is not known yet uses up an unattributed kill. */
  excuses(backend: string | undefined): boolean {
    if (backend !== undefined) return this.#killed.has(backend);
    if (this.#unattributed === 0) return false;
    this.#unattributed -= 1;
    return true;
  }
}
