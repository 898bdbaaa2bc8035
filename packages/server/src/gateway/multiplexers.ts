import type { Lease, Multiplexer } from '../engines/index.ts';

/** One set of clients that share, and how many of them have a place or wait for one. */
interface Sharing {
  readonly multiplexer: Multiplexer;
  clients: number;
}

/**
 * Who shares with whom: a multiplexer for each pool key, forgotten with the last who had a place in it. A key holds what
 * clients say of themselves, so that keys which stay would fill the memory.
 */
export class Multiplexers {
  readonly #byKey = new Map<string, Sharing>();

  /** A place among those of this key; `make` is called for the first of them. @throws what `acquire` throws */
  async join(key: string, make: () => Multiplexer, acquire: () => Promise<Lease>): Promise<Lease> {
    const sharing = this.#byKey.get(key) ?? { multiplexer: make(), clients: 0 };
    this.#byKey.set(key, sharing);
    sharing.clients += 1;
    try {
      const lease = await sharing.multiplexer.join(acquire);
      return {
        upstream: lease.upstream,
        login: lease.login,
        release: async (state) => {
          await lease.release(state);
          this.#leave(key, sharing);
        },
      };
    } catch (thrown) {
      this.#leave(key, sharing);
      throw thrown;
    }
  }

  /** Nobody who comes now joins those before. */
  clear(): void {
    this.#byKey.clear();
  }

  #leave(key: string, sharing: Sharing): void {
    sharing.clients -= 1;
    if (sharing.clients === 0 && this.#byKey.get(key) === sharing) this.#byKey.delete(key);
  }
}
