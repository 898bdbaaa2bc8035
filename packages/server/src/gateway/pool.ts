import { type Database, type Permit, principalId } from '../core/index.ts';
import type { Lease, Upstream } from '../engines/index.ts';
import { DatabasePool } from './database-pool.ts';
import { type Dialled, type DialParts, dial } from './dial.ts';
import { Multiplexers } from './multiplexers.ts';

/** What a pool dials with, and its limits. Times are milliseconds. */
export interface PoolOptions extends DialParts {
  /** How long a session waits for a free connection before `pool_exhausted`. */
  readonly waitMs: number;
  /** How long an unused connection is kept. */
  readonly idleMs: number;
}

/**
 * Keeps proven-clean upstream connections for reuse. A connection belongs to one key, made of the database, the
 * login, the person, and the settings of the startup packet: two people never share one unless the database says so,
 * and `RESET` always comes back to what this very client asked for.
 */
export class UpstreamPool {
  readonly #options: PoolOptions;
  readonly #databases = new Map<string, DatabasePool>();
  readonly #multiplexers = new Multiplexers();
  /** What each connection logged in as, while it is kept. */
  readonly #logins = new WeakMap<Upstream, string>();

  constructor(options: PoolOptions) {
    this.#options = options;
  }

  /**
   * A connection logged in as the permit's role: a clean one of the same key, or a new one; where the database says
   * so, a place on the one that everybody of this key shares.
   * @throws Refusal `pool_exhausted`, or what the dialling threw
   */
  async acquire(permit: Permit, settings: ReadonlyMap<string, string>, request: string): Promise<Lease> {
    const key = poolKey(permit, settings);
    const own = () => this.#acquireOwn(key, permit, settings, request);
    const { name, engine, pool } = permit.database;
    const multiplexer = this.#options.engines[engine]?.multiplexer;
    if (pool.mode !== 'multiplexed' || multiplexer === undefined) return await own();
    return await this.#multiplexers.join(JSON.stringify([name, key]), multiplexer, own);
  }

  async #acquireOwn(
    key: string,
    permit: Permit,
    settings: ReadonlyMap<string, string>,
    request: string,
  ): Promise<Lease> {
    const pool = this.#poolOf(permit.database);
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

  /** Closes what is idle: after a reload, whose roles may differ. Nobody who comes now joins those before. */
  closeIdle(): void {
    this.#multiplexers.clear();
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
    async release(state) {
      const clean = state === 'idle' && !upstream.closed && (await upstream.reset()) === 'clean';
      if (clean && !upstream.closed) pool.keep(key, upstream);
      else {
        upstream.close();
        // Its statement may be running until the server has been told: the place is not free before.
        await upstream.settled();
        pool.giveUp();
      }
    },
  };
}

function poolKey({ database, role, principal }: Permit, settings: ReadonlyMap<string, string>): string {
  return JSON.stringify([
    database.host,
    database.port,
    database.sentinels,
    database.upstreamName,
    database.tls,
    database.tlsCa,
    database.tlsClient,
    role.login,
    database.shareAcrossPeople ? '' : principalId(principal),
    [...settings].sort(([a], [b]) => (a < b ? -1 : 1)),
  ]);
}
