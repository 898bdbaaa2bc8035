import type { Clock, Database, Permit } from '../core/index.ts';
import { principalId, Refusal } from '../core/index.ts';
import type { Engine, Upstream } from '../engines/index.ts';
import type { UpstreamCredentials } from '../vault/index.ts';
import { dial } from './dial.ts';

/** An upstream connection that belongs to one session until it is released. */
export interface Lease {
  readonly upstream: Upstream;
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
    for (;;) {
      const idle = pool.takeIdle(key);
      if (idle !== undefined) return this.#lease(pool, key, idle);
      if (pool.reserve()) break;
      await pool.waitForRoom(this.#options.waitMs);
    }
    try {
      const upstream = await dial(permit, settings, request, this.#options);
      return this.#lease(pool, key, upstream);
    } catch (thrown) {
      pool.giveUp();
      throw thrown;
    }
  }

  /** Closes what is idle, for example when a role was revoked or the gateway stops. */
  closeIdle(of?: { readonly database: string }): void {
    for (const [name, pool] of this.#databases) {
      if (of === undefined || of.database === name) pool.closeIdle();
    }
  }

  /** Open upstream connections of a database, in use and idle. */
  open(database: string): number {
    return this.#databases.get(database)?.open ?? 0;
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

  #lease(pool: DatabasePool, key: string, upstream: Upstream): Lease {
    return {
      upstream,
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
}

/** Connections of one database: how many may be open, which are idle, who waits. */
class DatabasePool {
  #size: number;
  readonly #idleMs: number;
  /** In use, idle, or being dialled. */
  open = 0;
  /** Oldest first, so that the end of the array is the warmest. */
  #idle: { readonly key: string; readonly upstream: Upstream; readonly timer: NodeJS.Timeout }[] = [];
  readonly #waiting: (() => void)[] = [];

  constructor(size: number, idleMs: number) {
    this.#size = size;
    this.#idleMs = idleMs;
  }

  resize(size: number): void {
    this.#size = size;
  }

  takeIdle(key: string): Upstream | undefined {
    const at = this.#idle.findLastIndex((kept) => kept.key === key);
    const [kept] = at < 0 ? [] : this.#idle.splice(at, 1);
    if (kept === undefined) return undefined;
    clearTimeout(kept.timer);
    return kept.upstream;
  }

  /** Takes room for one more connection, closing the longest idle one of somebody else if that makes room. */
  reserve(): boolean {
    if (this.open >= this.#size) {
      const [eldest] = this.#idle;
      if (eldest === undefined) return false;
      this.#drop(eldest.upstream);
    }
    this.open += 1;
    return true;
  }

  /** Resolves when there may be room, first come first served. @throws Refusal `pool_exhausted` */
  waitForRoom(waitMs: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiting.splice(this.#waiting.indexOf(wake), 1);
        reject(new Refusal('pool_exhausted'));
      }, waitMs);
      const wake = () => {
        clearTimeout(timer);
        resolve();
      };
      this.#waiting.push(wake);
    });
  }

  keep(key: string, upstream: Upstream): void {
    const timer = setTimeout(() => this.#drop(upstream), this.#idleMs);
    timer.unref();
    this.#idle.push({ key, upstream, timer });
    upstream.onIdleEnd(() => this.#drop(upstream));
    this.#waiting.shift()?.();
  }

  /** A connection that was in use or being dialled is gone. */
  giveUp(): void {
    this.open -= 1;
    this.#waiting.shift()?.();
  }

  closeIdle(): void {
    for (const { upstream } of [...this.#idle]) this.#drop(upstream);
  }

  #drop(upstream: Upstream): void {
    const at = this.#idle.findIndex((kept) => kept.upstream === upstream);
    const [kept] = at < 0 ? [] : this.#idle.splice(at, 1);
    if (kept === undefined) return;
    clearTimeout(kept.timer);
    upstream.close();
    this.giveUp();
  }
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
