import type { Lease, Multiplexer } from '../../engine.ts';
import { RedisUpstream } from '../upstream.ts';
import { Seat } from './seat.ts';
import { SharedConnection } from './shared-connection.ts';

/** The shared connection of one pool key: opened by the first who comes, given back by the last who leaves. */
export class RedisMultiplexer implements Multiplexer {
  #connection: Promise<SharedConnection> | undefined;

  async join(acquire: () => Promise<Lease>): Promise<Lease> {
    const connection = await this.#current(acquire);
    // Its last client may have left in between.
    const joined = connection.over ? await this.#current(acquire) : connection;
    return new Seat(joined, acquire).lease();
  }

  #current(acquire: () => Promise<Lease>): Promise<SharedConnection> {
    this.#connection ??= this.#open(acquire);
    return this.#connection;
  }

  async #open(acquire: () => Promise<Lease>): Promise<SharedConnection> {
    const forget = () => {
      this.#connection = undefined;
    };
    try {
      const lease = await acquire();
      if (!(lease.upstream instanceof RedisUpstream)) throw new TypeError('a Redis connection is needed');
      return new SharedConnection(lease, lease.upstream, forget);
    } catch (thrown) {
      forget();
      throw thrown;
    }
  }
}
