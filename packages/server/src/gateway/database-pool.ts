import { Refusal } from '../core/index.ts';
import type { Upstream } from '../engines/index.ts';

interface Idle {
  readonly key: string;
  readonly upstream: Upstream;
  readonly timer: NodeJS.Timeout;
}

interface Waiter {
  readonly key: string;
  readonly give: (given: Upstream | 'room') => void;
}

/**
 * The connections of one database: how many are open, which are idle, who waits. Whoever waits is served first come,
 * first served, and what becomes free goes straight to the first of them: nobody who comes later can take it.
 */
export class DatabasePool {
  #size: number;
  readonly #idleMs: number;
  /** In use, idle, or being dialled. */
  #open = 0;
  /** Longest idle first. Empty while somebody waits. */
  #idle: Idle[] = [];
  #waiting: Waiter[] = [];
  #closed = false;

  constructor(size: number, idleMs: number) {
    this.#size = size;
    this.#idleMs = idleMs;
  }

  /** A reload changed the size: who waits gets the room that it made; connections beyond it are not replaced when they end. */
  resize(size: number): void {
    this.#size = size;
    for (const waiter of this.#waiting.slice(0, Math.max(0, size - this.#open))) {
      this.#open += 1;
      this.#serve(waiter, 'room');
    }
  }

  /**
   * An idle connection of this key, or room to open one, which is then used or given up.
   * @throws Refusal `pool_exhausted` when there is neither within `waitMs`
   */
  async take(key: string, waitMs: number): Promise<Upstream | 'room'> {
    if (this.#waiting.length > 0) return this.#wait(key, waitMs);
    const kept = this.#idle.findLast((idle) => idle.key === key);
    if (kept !== undefined) {
      this.#forget(kept);
      return kept.upstream;
    }
    if (this.#open >= this.#size) {
      const [eldest] = this.#idle;
      if (eldest === undefined) return this.#wait(key, waitMs);
      this.#drop(eldest);
    }
    this.#open += 1;
    return 'room';
  }

  /** A connection that is clean goes to whoever waits for one of its key first, or is kept. */
  keep(key: string, upstream: Upstream): void {
    const [first] = this.#waiting;
    if (this.#closed || (first !== undefined && first.key !== key)) {
      upstream.close();
      this.giveUp();
    } else if (first !== undefined) this.#serve(first, upstream);
    else this.#keepIdle(key, upstream);
  }

  /** A connection that was in use, or was to be opened, is gone. */
  giveUp(): void {
    const [first] = this.#waiting;
    if (first !== undefined && this.#open <= this.#size) this.#serve(first, 'room');
    else this.#open -= 1;
  }

  closeIdle(): void {
    for (const idle of [...this.#idle]) this.#drop(idle);
  }

  /** Keeps nothing any more: an idle connection would keep the process from ending. */
  close(): void {
    this.#closed = true;
    this.closeIdle();
  }

  #keepIdle(key: string, upstream: Upstream): void {
    const idle: Idle = { key, upstream, timer: setTimeout(() => this.#drop(idle), this.#idleMs).unref() };
    this.#idle.push(idle);
    upstream.onIdleEnd(() => this.#drop(idle));
  }

  #wait(key: string, waitMs: number): Promise<Upstream | 'room'> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiting = this.#waiting.filter((other) => other !== waiter);
        reject(new Refusal('pool_exhausted'));
      }, waitMs);
      const waiter: Waiter = {
        key,
        give: (given) => {
          clearTimeout(timer);
          resolve(given);
        },
      };
      this.#waiting.push(waiter);
    });
  }

  #serve(waiter: Waiter, given: Upstream | 'room'): void {
    this.#waiting.shift();
    waiter.give(given);
  }

  #drop(idle: Idle): void {
    if (!this.#forget(idle)) return;
    idle.upstream.close();
    this.giveUp();
  }

  /** False when it was taken or dropped before. */
  #forget(idle: Idle): boolean {
    const at = this.#idle.indexOf(idle);
    if (at < 0) return false;
    this.#idle.splice(at, 1);
    clearTimeout(idle.timer);
    return true;
  }
}
