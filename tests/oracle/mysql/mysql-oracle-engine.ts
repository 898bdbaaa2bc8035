import type { RowDataPacket } from 'mysql2/promise';
import { newId } from '../../../packages/server/src/core/index.ts';
import { framings } from '../../differential/mysql/mysql-run.ts';
import { PacketClient, type PacketLogin } from '../../support/differential-mysql-client.ts';
import { Journal } from '../journal.ts';
import { KillSwitch } from '../kill-switch.ts';
import type { OracleEngine } from '../oracle-engine.ts';
import { Random } from '../random.ts';
import { type StartOracle, startedOracle } from '../started-oracle.ts';
import { SessionEnded, Violation } from '../violation.ts';
import { acts } from './acts.ts';
import { type FoundState, probes } from './clean-state.ts';
import { departures } from './departures.ts';
import { MysqlSession } from './mysql-session.ts';
import { troubles } from './troubles.ts';
import { startWorld, type World } from './world.ts';

/** Starts MySQL or a MariaDB and a gateway in front of it. */
export const startMysqlOracle: StartOracle = async (options) => {
  const world = await startWorld(options);
  return startedOracle(new MysqlOracleEngine(world, options.shared), world);
};

/** Framings, as clients of today and of yesterday have them: sessions with another one never share a connection. */
const capabilities = [framings.modern, framings.modern, framings.modern, framings.old] as const;

/** The oracle's clients of the MySQL door. */
export class MysqlOracleEngine implements OracleEngine<MysqlSession> {
  readonly people: number;
  readonly shared: boolean;
  readonly acts = acts;
  readonly lastActs = [...departures, ...troubles] as const;
  readonly #world: World;
  readonly #journal = new Journal();
  readonly #killSwitch: KillSwitch;
  /** What a connection that nobody has used before finds. */
  #cleanState: string | undefined;
  /** Owners of live sessions by their numbers at the gateway. */
  readonly #live = new Map<number, number>();
  /** Keeps the words of two runs on one server apart. */
  readonly #run = newId().slice(0, 6);

  constructor(world: World, shared: boolean) {
    this.#world = world;
    this.people = world.tokens.length;
    this.shared = shared;
    this.#killSwitch = new KillSwitch(async (backend) => {
      // One that is gone already is an error.
      await world.administrator.query(`KILL ${backend}`).catch(() => {});
    });
  }

  async open(person: number, name: string, random: Random): Promise<MysqlSession> {
    const chosen = random.pick(capabilities);
    const { client, connectionId } = await this.#signIn(person, chosen);
    const found: FoundState = { backend: '', values: '' };
    const parts = {
      client,
      person,
      name: `${this.#run} ${name}`,
      capabilities: chosen,
      product: this.#world.product,
      connectionId,
      journal: this.#journal,
      killSwitch: this.#killSwitch,
      another: async () => await this.open(person, `${name} other`, new Random(name)),
      stranger: () => this.#stranger(person),
      ended: () => this.#live.delete(connectionId),
    };
    await new MysqlSession({ ...parts, backend: 'unknown' }).converse(probes(this.#world.product, found));
    this.#cleanState ??= found.values;
    if (found.values !== this.#cleanState) {
      throw new Violation(`a new session finds ${found.values}, not ${this.#cleanState}`);
    }
    this.#live.set(connectionId, person);
    return new MysqlSession({ ...parts, backend: found.backend });
  }

  excuses(session: MysqlSession | undefined): boolean {
    return this.#killSwitch.excuses(session?.backend);
  }

  async settle(): Promise<void> {
    const [rows] = await this.#world.administrator.query<RowDataPacket[]>(
      "SELECT CONCAT(owner, ' ', word) AS entry FROM app.journal",
    );
    this.#journal.compare(rows.map(({ entry }) => String(entry)));
  }

  async #signIn(person: number, chosen: number): Promise<PacketLogin> {
    try {
      return await PacketClient.connect({
        host: '127.0.0.1',
        port: this.#world.port,
        user: 'anyone',
        password: this.#world.tokens[person] ?? '',
        database: 'app',
        capabilities: chosen,
      });
    } catch (thrown) {
      throw new SessionEnded('', `at the login: ${thrown}`);
    }
  }

  #stranger(person: number): number {
    for (const [connectionId, owner] of this.#live) if (owner !== person) return connectionId;
    return 0;
  }
}
