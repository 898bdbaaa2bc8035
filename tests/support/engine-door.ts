import { createServer, type Socket } from 'node:net';
import type { SecureContext } from 'node:tls';
import { type Database, mintPermit, Refusal, Secret } from '../../packages/server/src/core/index.ts';
import { sampleDatabase, sampleRole } from '../../packages/server/src/core/testing/index.ts';
import type {
  Accepted,
  Engine,
  FinishedStatement,
  Lease,
  Relay,
  RelayEnd,
  StatementObserver,
  Upstream,
} from '../../packages/server/src/engines/index.ts';
import type { UpstreamPool } from '../../packages/server/src/gateway/index.ts';

/** Where the door leads, and as whom. */
export interface EngineDoorOptions {
  readonly engine: Engine;
  readonly database: Partial<Database> & Pick<Database, 'host' | 'port'>;
  readonly login: string;
  readonly password?: string;
  /** Offers TLS to clients. */
  readonly tls?: SecureContext;
  /** Default true. */
  readonly clearTextAllowed?: boolean;
  /** Keeps clean upstream connections for the next session with the same settings. */
  readonly reuse?: boolean;
  /** Where connections come from and go back to, in the place of {@link EngineDoorOptions.reuse}. */
  readonly pool?: UpstreamPool;
  /** Takes the place of the observer that collects {@link EngineDoor.statements}. */
  readonly observer?: StatementObserver;
}

/** A listener that lets everybody in: an engine's accept → connect → welcome → relay, and nothing of the gateway. */
export interface EngineDoor {
  readonly port: number;
  /** How handshakes ended. */
  readonly accepted: Accepted[];
  /** Records of statements, in the order in which they ended. */
  readonly statements: FinishedStatement[];
  /** How relays ended. */
  readonly ends: RelayEnd[];
  readonly relays: Relay[];
  readonly upstreams: Upstream[];
  /** What `connect` refused. */
  readonly refusals: Refusal[];
  /** Resolves when the relay that runs has ended. */
  settled(): Promise<void>;
  close(): Promise<void>;
}

/** A database entry with defaults that suit a test. */
export function testDatabase(given: EngineDoorOptions['database'], login: string): Database {
  return sampleDatabase({
    name: 'testdb',
    upstreamName: 'postgres',
    pool: { mode: 'session', size: 20 },
    roles: [sampleRole({ name: 'tester', login })],
    ...given,
  });
}

/** A permit as the policy would give it. */
export function testPermit(database: Database, login: string) {
  const role = database.roles.find((one) => one.login === login);
  if (role === undefined) throw new TypeError(`no role with the login ${login}`);
  return mintPermit({
    principal: { method: 'local', subject: 'tester', displayName: 'Tester', groups: [], claims: {} },
    database,
    role,
    clientId: 'test',
    consentId: 'test',
    tokenHash: 'test',
    endsAt: Date.now() + 3_600_000,
  });
}

/** Opens the door on a free loopback port. */
export async function openEngineDoor(options: EngineDoorOptions): Promise<EngineDoor> {
  const { engine, login } = options;
  const database = testDatabase(options.database, login);
  const sockets = new Set<Socket>();
  const running = new Set<Promise<void>>();
  const live = new Map<string, { readonly upstream: Upstream; readonly relay?: Relay }>();
  const idle: { readonly key: string; readonly upstream: Upstream }[] = [];
  const door: Omit<EngineDoor, 'port' | 'settled' | 'close'> = {
    accepted: [],
    statements: [],
    ends: [],
    relays: [],
    upstreams: [],
    refusals: [],
  };
  const observer: StatementObserver = options.observer ?? {
    wantsParameters: true,
    finished: (statement) => void door.statements.push(statement),
  };

  async function dial(settings: ReadonlyMap<string, string>): Promise<Upstream> {
    const key = JSON.stringify([...settings]);
    const at = idle.findIndex((kept) => kept.key === key && !kept.upstream.closed);
    const [kept] = at < 0 ? [] : idle.splice(at, 1);
    if (kept !== undefined) return kept.upstream;
    return await engine.connect(testPermit(database, login), {
      database,
      login,
      password: options.password === undefined ? undefined : new Secret(options.password),
      settings,
      connectTimeoutMs: 5_000,
      request: 'test-request',
    });
  }

  async function serve(socket: Socket): Promise<void> {
    const accepted = await engine.accept(socket, {
      name: engine.name,
      clearTextAllowed: options.clearTextAllowed ?? true,
      ...(options.tls === undefined ? {} : { tls: () => options.tls as SecureContext }),
    });
    door.accepted.push(accepted);
    if (accepted.kind === 'cancel') {
      await live.get(accepted.key)?.upstream.cancel();
      accepted.close();
    }
    if (accepted.kind !== 'login') return;
    const { client } = accepted;
    let lease: Lease | undefined;
    let upstream: Upstream;
    try {
      lease = await options.pool?.acquire(testPermit(database, login), client.settings, 'test-request');
      upstream = lease?.upstream ?? (await dial(client.settings));
    } catch (thrown) {
      if (!(thrown instanceof Refusal)) throw thrown;
      door.refusals.push(thrown);
      await client.refuse(thrown);
      return;
    }
    door.upstreams.push(upstream);
    const cancelKey = client.mintCancelKey();
    live.set(cancelKey.id, { upstream });
    client.welcome(upstream, cancelKey);
    const relay = engine.relay(client, upstream, {
      endPeer: async (key, what) => {
        const peer = live.get(key);
        if (peer === undefined) return 'unknown';
        if (what === 'statement') return (await peer.upstream.cancel()) === 'taken' ? 'done' : 'unconfirmed';
        void peer.relay?.stop(new Refusal('access_revoked', { reason: 'you ended this session' }), 1_500);
        return 'done';
      },
      ...observer,
    });
    live.set(cancelKey.id, { upstream, relay });
    door.relays.push(relay);
    const end = await relay.ended;
    live.delete(cancelKey.id);
    door.ends.push(end);
    if (lease !== undefined) await lease.release(end.idle ? 'idle' : 'doubtful');
    else if (options.reuse && end.idle && (await upstream.reset()) === 'clean') {
      idle.push({ key: JSON.stringify([...client.settings]), upstream });
    } else upstream.close();
  }

  const server = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.once('close', () => sockets.delete(socket));
    const session = serve(socket).finally(() => running.delete(session));
    running.add(session);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const bound = server.address();
  if (bound === null || typeof bound === 'string') throw new TypeError('not a TCP listener');

  return {
    ...door,
    port: bound.port,
    settled: async () => {
      while (running.size > 0) await Promise.all(running);
    },
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await Promise.all(running);
      for (const { upstream } of idle) upstream.close();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
