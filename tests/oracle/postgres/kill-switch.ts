import type pg from 'pg';

/** Ends backends as the superuser, and remembers which, since only their sessions may notice. */
export class KillSwitch {
  readonly #superuser: pg.Pool;
  readonly #killed = new Set<string>();
  /** Kills of connections that belonged to nobody, which may still hit a session that has just been given one. */
  #unattributed = 0;

  constructor(superuser: pg.Pool) {
    this.#superuser = superuser;
  }

  /** Ends a backend, named as in {@link backendName}. Resolves when it has got the signal. */
  async kill(backend: string): Promise<void> {
    this.#killed.add(backend);
    await this.#superuser.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE ${backendName} = $1`,
      [backend],
    );
  }

  /** The same, for a backend whose session has left. */
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

/** Names a backend for ever: process ids come again. A row of `pg_stat_activity` is in scope. */
export const backendName = "(pid || ' ' || backend_start)";
