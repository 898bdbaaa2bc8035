import { type Database, Refusal } from '../../../core/index.ts';
import { endedDuringLogin, ServerBrokeProtocol } from '../../framing/index.ts';
import { ask } from '../ask.ts';
import type { UpstreamIdentity } from '../login-commands.ts';
import { parseFields } from '../reply.ts';
import { RedisUpstream } from '../upstream.ts';
import { ClusterRouter } from './cluster-router.ts';
import { clusterNodes, placeOf, SlotMap } from './slot-map.ts';

/** What a session's connections to nodes are opened with. */
export interface ClusterLogin {
  readonly database: Database;
  readonly identity: UpstreamIdentity;
  /** Logs in to the database at another place, as the same user, at any time of the session. @throws Refusal */
  readonly dial: (database: Database) => Promise<RedisUpstream>;
  /** How long the first node may take to say who the others are, in milliseconds. */
  readonly withinMs: number;
  /** The request id for refusals. */
  readonly request: string;
}

/** Whether the server that answered a login is one of a cluster. */
export function isClusterNode(upstream: RedisUpstream): boolean {
  return parseFields(upstream.greeting)?.get('mode') === 'cluster';
}

/** What is known of each cluster, by where its sessions begin and as whom: another role may be refused the list. */
const maps = new Map<string, SlotMap>();

/** The nodes that sessions of this database have met, for one whose first node is gone. */
export function knownNodes(database: Database): readonly Pick<Database, 'host' | 'port'>[] {
  return (maps.get(nameOf(database))?.known ?? []).map(placeOf);
}

function nameOf({ host, port }: Pick<Database, 'host' | 'port'>): string {
  return `${host}:${port}`;
}

/**
 * Makes one connection of a login at one node of a cluster; the others are logged in to when they are needed.
 * @throws Refusal `upstream_unreachable`, `upstream_untrusted`, and then the login is closed
 */
export async function connectToCluster(
  first: RedisUpstream,
  at: Pick<Database, 'host' | 'port'>,
  login: ClusterLogin,
): Promise<RedisUpstream> {
  const { database, identity, dial, withinMs, request } = login;
  const begin = nameOf(database);
  const map = maps.get(begin) ?? new SlotMap();
  maps.set(begin, map);
  if (map.primaries.length === 0) map.load(await readNodes(first, map, withinMs, request), at);
  const router = new ClusterRouter(nameOf(at), first, {
    map,
    // The wire sends no password to another machine without TLS, whoever names it.
    dial: async (node) => await dial({ ...database, ...placeOf(node) }),
  });
  return new ClusterUpstream(router, identity, first);
}

/** What the node answers to CLUSTER NODES, before anything else is asked. */
async function readNodes(
  first: RedisUpstream,
  map: SlotMap,
  withinMs: number,
  request: string,
): Promise<Buffer> {
  map.beginsReading(performance.now());
  const deadline = setTimeout(() => first.close(), withinMs);
  try {
    const replies = await ask(first.wire, clusterNodes, 1);
    const [reply] = replies === 'ended' ? [] : replies;
    if (reply === undefined) throw endedDuringLogin(first.wire.failure, request);
    first.release();
    return reply;
  } catch (thrown) {
    first.close();
    if (thrown instanceof ServerBrokeProtocol) throw new Refusal('upstream_untrusted', { request }, thrown);
    throw thrown;
  } finally {
    clearTimeout(deadline);
  }
}

/** All nodes as one server. Clients that ask are told that it stands alone: they must not dial the nodes themselves. */
class ClusterUpstream extends RedisUpstream {
  readonly #router: ClusterRouter;

  constructor(router: ClusterRouter, identity: UpstreamIdentity, first: RedisUpstream) {
    super(router.wire, identity, first.pid, standing(first.greeting));
    this.#router = router;
  }

  override renewed(fresh: Pick<UpstreamIdentity, 'password' | 'renewal'>): void {
    super.renewed(fresh);
    this.#router.renewed(fresh);
  }

  protected override restore(): Promise<'clean' | 'dirty'> {
    return this.#router.reset();
  }
}

const clusterMode = '$4\r\nmode\r\n$7\r\ncluster\r\n';
const aloneMode = '$4\r\nmode\r\n$10\r\nstandalone\r\n';

function standing(greeting: Buffer): Buffer {
  return Buffer.from(greeting.toString('latin1').replace(clusterMode, aloneMode), 'latin1');
}
