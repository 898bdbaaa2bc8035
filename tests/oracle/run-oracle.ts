import type { OracleEngine, OracleSession } from './oracle-engine.ts';
import { Random } from './random.ts';
import { SessionEnded, Violation } from './violation.ts';

export interface OracleOptions {
  readonly seed: string;
  /** How many operations there should be; a little more become of it, since sessions are finished. */
  readonly operations: number;
  /** How many clients work at the same time. */
  readonly actors: number;
  /** Told of the progress now and then. */
  readonly progress?: (report: OracleReport) => void;
}

/** What a run did. */
export interface OracleReport {
  readonly seed: string;
  readonly operations: number;
  readonly sessions: number;
  /** Sessions whose connection somebody had used before. */
  readonly reused: number;
  /** Of those, sessions of another person than the one before. */
  readonly reusedByOthers: number;
  /** Sessions that ended because their idle connection had been killed. */
  readonly excused: number;
  /** How often each act was done. */
  readonly acts: Readonly<Record<string, number>>;
  /** Empty when all is well. A run stops at the first one, but others may be under way then. */
  readonly violations: readonly string[];
}

/** Operations between two calls of `progress`. */
const progressEvery = 10_000;
const mostActs = 12;

/**
 * Lets all actors work until there were enough operations. Who does what follows from the seed alone: each actor has
 * its share of the operations, and each session its own numbers. What comes at the same time does not follow from it.
 */
export async function runOracle<S extends OracleSession>(
  engine: OracleEngine<S>,
  { seed, operations, actors, progress }: OracleOptions,
): Promise<OracleReport> {
  const run = new OracleRun(engine, seed, progress);
  const share = Math.ceil(operations / actors);
  await Promise.all(Array.from({ length: actors }, (_, actor) => run.actor(actor, share)));
  if (run.report.violations.length === 0) await run.settle();
  return run.report;
}

class OracleRun<S extends OracleSession> {
  readonly #engine: OracleEngine<S>;
  readonly #progress: ((report: OracleReport) => void) | undefined;
  readonly #lastPerson = new Map<string, number>();
  readonly #seed: string;
  readonly #acts: Record<string, number> = {};
  readonly #violations: string[] = [];
  #operations = 0;
  #sessions = 0;
  #reused = 0;
  #reusedByOthers = 0;
  #excused = 0;

  constructor(engine: OracleEngine<S>, seed: string, progress: ((report: OracleReport) => void) | undefined) {
    this.#engine = engine;
    this.#seed = seed;
    this.#progress = progress;
  }

  get report(): OracleReport {
    return {
      seed: this.#seed,
      operations: this.#operations,
      sessions: this.#sessions,
      reused: this.#reused,
      reusedByOthers: this.#reusedByOthers,
      excused: this.#excused,
      acts: this.#acts,
      violations: this.#violations,
    };
  }

  async actor(actor: number, share: number): Promise<void> {
    let done = 0;
    for (let number = 0; done < share && this.#violations.length === 0; number += 1) {
      const name = `actor ${actor} session ${number}`;
      done += await this.#session(name, new Random(`${this.#seed}/${name}`));
    }
  }

  async settle(): Promise<void> {
    try {
      await this.#engine.settle();
    } catch (thrown) {
      this.#violations.push(String(thrown));
    }
  }

  async #session(name: string, random: Random): Promise<number> {
    const person = random.below(this.#engine.people);
    let session: S | undefined;
    let doing = 'signing in';
    let done = 0;
    try {
      session = await this.#engine.open(person, name, random.fork('open'));
      this.#count(1);
      done = 1;
      this.#sessions += 1;
      this.#noteOwner(session.backend, person);
      const acts = Array.from({ length: random.below(mostActs) }, () => random.weighted(this.#engine.acts));
      for (const [index, act] of [...acts, random.weighted(this.#engine.lastActs)].entries()) {
        doing = act.name;
        const operations = await act.run(session, random.fork(String(index)));
        this.#acts[act.name] = (this.#acts[act.name] ?? 0) + 1;
        this.#count(operations);
        done += operations;
      }
    } catch (thrown) {
      if (thrown instanceof SessionEnded && this.#engine.excuses(session)) this.#excused += 1;
      else
        this.#violations.push(
          `${name}, person ${person}, ${session?.backend}, ${doing}: ${described(thrown)}`,
        );
    } finally {
      session?.close();
    }
    return done;
  }

  #count(operations: number): void {
    const before = this.#operations;
    this.#operations += operations;
    const passed = Math.floor(before / progressEvery) !== Math.floor(this.#operations / progressEvery);
    if (passed) this.#progress?.(this.report);
  }

  #noteOwner(backend: string, person: number): void {
    const before = this.#lastPerson.get(backend);
    this.#lastPerson.set(backend, person);
    if (before === undefined) return;
    this.#reused += 1;
    if (before === person) return;
    this.#reusedByOthers += 1;
    if (!this.#engine.shared) throw new Violation(`had served person ${before} before`);
  }
}

function described(thrown: unknown): string {
  if (thrown instanceof Violation || thrown instanceof SessionEnded) return String(thrown);
  return thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown);
}
