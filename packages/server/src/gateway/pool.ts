import type { Clock, Database, Permit } from '../core/index.ts';
import { principalId } from '../core/index.ts';
import type { Engine, Upstream } from '../engines/index.ts';
import type { UpstreamCredentials } from '../vault/index.ts';
import { DatabasePool } from './database-pool.ts';
import { type Dialled, dial } from './dial.ts';

/** An upstream connection that belongs to one session until it is released. */
export interface Lease {
  readonly upstream: Upstream;
  /** The user of the database that it logged in as. */
  readonly login: string;
  /**
   * Gives the connection back. `idle` says that the relay proved it quiescent; the pool then resets it and keeps it
   * only when the server confirmed the reset. On any doubt it is closed. Never rejects; may be called once.
   */
  release(idle: boolean): Promise<void>;
}

export interface PoolOptions {
  readonly engines: Readonly<Partial<Record<Database['engine'], Engine>>>;
  readonly credentials: UpstreamCredentials;
  readonly clock: Clock;
  /** How long a session waits for a free connection before `pool_exhausted`. */
  readonly waitMs: number;
  /** How long an unused connection is kept. */
  readonly idleMs: number;
  readonly connectTimeoutMs: number;
}

/**
 * Keeps proven-clean upstream connections for reuse. A connection belongs to one key, made of the database, the
 * login, the person, and the settings of the startup packet: two people never share one unless the database says so,
 * and `RESET` always comes back to what this very client asked for.
 */
export class UpstreamPool {
  readonly #options: PoolOptions;
  readonly #databases = new Map<string, DatabasePool>();
  /** What each connection logged in as, while it is kept. */
  readonly #logins = new WeakMap<Upstream, string>();

  constructor(options: PoolOptions) {
    this.#options = options;
  }

  /**
   * A connection logged in as the permit's role: a clean one of the same key, or a new one.
   * @throws Refusal `pool_exhausted`, or what the dialling threw
   */
  async acquire(permit: Permit, settings: ReadonlyMap<string, string>, request: string): Promise<Lease> {
    const pool = this.#poolOf(permit.database);
    const key = poolKey(permit, settings);
    const given = await pool.take(key, this.#options.waitMs);
    if (given !== 'room') {
      const login = this.#logins.get(given) ?? permit.role.login;
      return lease(pool, key, { upstream: given, login });
    }
    try {
      const dialled = await dial(permit, settings, request, this.#options);
      this.#logins.set(dialled.upstream, dialled.login);
      return lease(pool, key, dialled);
    } catch (thrown) {
      pool.giveUp();
      throw thrown;
    }
  }

  /** Closes what is idle: after a reload, whose roles may differ. */
  closeIdle(): void {
    for (const pool of this.#databases.values()) pool.closeIdle();
  }

  /** The gateway stops: closes what is idle, and from now on also what sessions that are just ending bring back. */
  close(): void {
    for (const pool of this.#databases.values()) pool.close();
  }

  #poolOf(database: Database): DatabasePool {
    const known = this.#databases.get(database.name);
    if (known !== undefined) {
      known.resize(database.pool.size);
      return known;
    }
    const pool = new DatabasePool(database.pool.size, this.#options.idleMs);
    this.#databases.set(database.name, pool);
    return pool;
  }
}

function lease(pool: DatabasePool, key: string, { upstream, login }: Dialled): Lease {
  return {
    upstream,
    login,
    async release(idle) {
      const clean = idle && !upstream.closed && (await upstream.reset()) === 'clean';
      if (clean && !upstream.closed) pool.keep(key, upstream);
      else {
        upstream.close();
        pool.giveUp();
      }
    },
  };
}

function poolKey({ database, role, principal }: Permit, settings: ReadonlyMap<string, string>): string {
  return JSON.stringify([
    database.host,
    database.port,
    database.upstreamName,
    database.tls,
    role.login,
    database.shareAcrossPeople ? '' : principalId(principal),
    [...settings].sort(([a], [b]) => (a < b ? -1 : 1)),
  ]);
}
