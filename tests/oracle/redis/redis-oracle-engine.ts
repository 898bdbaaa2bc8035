import { newId } from '../../../packages/server/src/core/index.ts';
import { RawRedis } from '../../support/raw-redis.ts';
import { Journal } from '../journal.ts';
import { KillSwitch } from '../kill-switch.ts';
import type { OracleEngine } from '../oracle-engine.ts';
import type { Random } from '../random.ts';
import { type StartOracle, startedOracle } from '../started-oracle.ts';
import { SessionEnded, Violation } from '../violation.ts';
import { acts } from './acts.ts';
import { array, exchange, ok, queued } from './exchange.ts';
import { lastActs } from './last-acts.ts';
import { lastWords, RedisSession } from './redis-session.ts';
import { startWorld, type World } from './world.ts';

/** Starts Redis or Valkey and a gateway in front of it. */
export const startRedisOracle: StartOracle = async (options) => {
  const world = await startWorld(options);
  return startedOracle(new RedisOracleEngine(world, options.shared), world);
};

/**
 * What CLIENT INFO says of a connection that nobody has used; servers that do not know a field leave it out. A
 * transaction shows in the flags.
 */
const cleanFields = /^(name|db|sub|psub|ssub|watch|flags|resp|user|redir)=/;

/** The oracle's clients of the Redis door. */
export class RedisOracleEngine implements OracleEngine<RedisSession> {
  readonly people: number;
  readonly shared: boolean;
  readonly acts = acts;
  readonly lastActs = lastActs;
  readonly #world: World;
  readonly #journal = new Journal();
  readonly #killSwitch: KillSwitch;
  /** What a connection that nobody has used before says of itself, by the version of the protocol. */
  readonly #cleanStates = new Map<2 | 3, string>();
  /** Keeps the words of two runs on one server apart. */
  readonly #run = newId().slice(0, 6);

  constructor(world: World, shared: boolean) {
    this.#world = world;
    this.people = world.tokens.length;
    this.shared = shared;
    this.#killSwitch = new KillSwitch(async (backend) => {
      await world.administrator.call('CLIENT', 'KILL', 'ID', backend);
    });
  }

  async open(person: number, name: string, random: Random): Promise<RedisSession> {
    const protocol = random.pick([2, 3] as const);
    const { port, tokens, freshTokens } = this.#world;
    const token = tokens[person] ?? '';
    const client = await RawRedis.connect({ port });
    const greeting = await client.call('HELLO', String(protocol), 'AUTH', 'anyone', token);
    if (!/^[*%]/.test(greeting)) throw new SessionEnded('', greeting);
    const backend = await client.call('CLIENT', 'ID');
    if (backend === 'ended' || lastWords.test(backend)) throw new SessionEnded('', backend);
    if (!/^:\d+\r\n$/.test(backend)) throw new Violation(`CLIENT ID got ${backend}`);
    const session = new RedisSession({
      client,
      person,
      protocol,
      backend: backend.slice(1, -2),
      name: `${this.#run} ${name}`,
      tokens: [token, freshTokens[person] ?? ''],
      strangersToken: tokens[(person + 1) % this.people] ?? '',
      journal: this.#journal,
      killSwitch: this.#killSwitch,
    });
    await this.#proveClean(session, greeting.replace(/\r\n:\d+\r\n(?=\$4\r\nmode)/, ''));
    return session;
  }

  excuses(session: RedisSession | undefined): boolean {
    return this.#killSwitch.excuses(session?.backend);
  }

  async settle(): Promise<void> {
    const { administrator } = this.#world;
    const keys = await administrator.keys('j:*');
    this.#journal.compare(keys.map((key) => key.slice(2).replace(':', ' ')));
  }

  /** @throws Violation, SessionEnded */
  async #proveClean(session: RedisSession, greeting: string): Promise<void> {
    await session.converse([
      {
        args: ['CLIENT', 'INFO'],
        replies: 1,
        check: ([info = '']) => this.#checkState(session.protocol, greeting, info),
      },
      // Who watched this key would have the next transaction fail.
      exchange(['SET', 'watched', session.parts.name], ok),
      exchange(['PUBLISH', 'left_behind', session.parts.name], /^:\d+\r\n$/),
      exchange(['MULTI'], ok),
      exchange(['PING'], queued),
      exchange(['EXEC'], array('+PONG\r\n')),
    ]);
  }

  #checkState(protocol: 2 | 3, greeting: string, info: string): void {
    const fields = info.split(/[ \r\n]/).filter((field) => cleanFields.test(field));
    const found = `${greeting} ${fields.join(' ')}`;
    const clean = this.#cleanStates.get(protocol) ?? found;
    this.#cleanStates.set(protocol, clean);
    if (found !== clean) throw new Violation(`a new session finds ${found} in ${info}, not ${clean}`);
  }
}
