import { newId } from '../../../packages/server/src/core/index.ts';
import { RawPostgres, requestCancel, sqlstate } from '../../support/raw-postgres.ts';
import { Journal } from '../journal.ts';
import { KillSwitch } from '../kill-switch.ts';
import type { OracleEngine } from '../oracle-engine.ts';
import type { Random } from '../random.ts';
import { type StartOracle, startedOracle } from '../started-oracle.ts';
import { SessionEnded, Violation } from '../violation.ts';
import { acts } from './acts.ts';
import { proveClean } from './clean-state.ts';
import { departures } from './departures.ts';
import { PostgresSession } from './postgres-session.ts';
import { errorField } from './reply.ts';
import { troubles } from './troubles.ts';
import { backendName, startWorld, type World } from './world.ts';

/** Names of programs: sessions with another one never share a connection. */
const applications = ['oracle', 'oracle', 'oracle', 'sibyl'] as const;

/** Starts PostgreSQL and a gateway in front of it, in about four seconds. */
export const startPostgresOracle: StartOracle = async (options) => {
  const world = await startWorld(options);
  return startedOracle(new PostgresOracleEngine(world, options.shared), world);
};

/** The oracle's clients of the PostgreSQL door. */
export class PostgresOracleEngine implements OracleEngine<PostgresSession> {
  readonly people: number;
  readonly shared: boolean;
  readonly acts = acts;
  readonly lastActs = [...departures, ...troubles] as const;
  readonly #world: World;
  readonly #journal = new Journal();
  readonly #killSwitch: KillSwitch;
  /** What the server reports of itself to everybody. */
  #greeting: string | undefined;
  /** Keeps the words of two runs on one server apart. */
  readonly #run = newId().slice(0, 6);

  constructor(world: World, shared: boolean) {
    this.#world = world;
    this.people = world.tokens.length;
    this.shared = shared;
    this.#killSwitch = new KillSwitch(async (backend) => {
      await world.superuser.query(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE ${backendName} = $1`,
        [backend],
      );
    });
  }

  async open(person: number, name: string, random: Random): Promise<PostgresSession> {
    const { gateway, tokens } = this.#world;
    const host = '127.0.0.1';
    const application = random.pick(applications);
    const { client, greeting } = await RawPostgres.connect({
      host,
      port: gateway.port,
      user: 'anyone',
      database: 'authdb',
      password: tokens[person] ?? '',
      parameters: { application_name: application },
    });
    const last = greeting.at(-1);
    if (last?.type === 'E') throw new SessionEnded(sqlstate(last), errorField(last.body, 'M'));
    const cancelKey = greeting.find(({ type }) => type === 'K')?.body ?? Buffer.alloc(0);
    this.#checkGreeting(
      greeting.filter(({ type }) => type !== 'K').map(({ type, body }) => `${type} ${body}`),
      application,
    );
    const backend = await proveClean(client, application);
    return new PostgresSession({
      client,
      person,
      backend,
      cancelKey,
      name: `${this.#run} ${name}`,
      journal: this.#journal,
      killSwitch: this.#killSwitch,
      cancel: (key) => requestCancel(host, gateway.port, key),
    });
  }

  excuses(session: PostgresSession | undefined): boolean {
    return this.#killSwitch.excuses(session?.backend);
  }

  async settle(): Promise<void> {
    const { rows } = await this.#world.superuser.query<{ entry: string }>(
      "SELECT owner || ' ' || word AS entry FROM journal",
    );
    this.#journal.compare(rows.map(({ entry }) => entry));
  }

  /** A connection that was used before must be welcomed with the same parameters as a new one. */
  #checkGreeting(lines: readonly string[], application: string): void {
    const greeting = lines
      .map((line) => line.replace(`\0${application}\0`, '\0\0'))
      .toSorted()
      .join('\n');
    this.#greeting ??= greeting;
    if (greeting !== this.#greeting) throw new Violation(`greeted with ${greeting}`);
  }
}
