import { type Database, Refusal, type Secret, type SecretSource } from '../../../core/index.ts';
import type { NodeAddress } from '../driver-connection.ts';
import { watchedServers } from '../sentinels/index.ts';
import { connectManager, type ManagerConnection } from './connection.ts';
import { infoField } from './info.ts';
import { sendCommand } from './send-command.ts';

/** How long all the answers of one Sentinel may take. */
const sentinelMs = 10_000;

/** A database as its manager account sees it. */
export interface ManagedServers {
  readonly database: Database;
  readonly password: Secret;
  /** Has the password of the Sentinels' account. */
  readonly secrets: SecretSource;
}

/**
 * Runs `work` with a manager connection to every server of the database, and closes them. Each server keeps its users
 * for itself: neither a replica nor another node of a cluster takes them over. The first one is where {@link firstOf}
 * leads.
 *
 * @throws Refusal `request_invalid` when there is no manager, or one of the servers cannot be reached as it, and
 * `command_failed` when it may not ask for the others
 */
export async function withManager<T>(
  { database, password, secrets }: ManagedServers,
  work: (servers: readonly ManagerConnection[]) => Promise<T>,
): Promise<T> {
  const opened: ManagerConnection[] = [];
  const servers = new Map<string, ManagerConnection>();
  // One server has several addresses; what it calls itself is the same behind all of them.
  const visit = async (node: NodeAddress): Promise<string> => {
    const server = await connectManager(database, node, password);
    opened.push(server);
    const info = String(await sendCommand(server, ['INFO']));
    const id = infoField(info, 'run_id') ?? `${node.host}:${node.port}`;
    if (!servers.has(id)) servers.set(id, server);
    return info;
  };
  try {
    if (database.sentinels !== undefined) {
      for (const node of await watchedBySentinels(database, secrets)) await visit(node);
    } else {
      const info = await firstOf(database.cluster ?? [database], visit);
      for (const node of await neighbours(opened, info)) {
        const other = await visit(node);
        // The replicas of the primary that we came to from one of them.
        if (infoField(info, 'role') === 'slave')
          for (const replica of replicasIn(other)) await visit(replica);
      }
    }
    return await work([...servers.values()]);
  } finally {
    for (const { client } of opened) client.disconnect();
  }
}

/** What `visit` gives for the first of these places where it succeeds. @throws what it threw for the first one */
export async function firstOf<T>(
  places: readonly NodeAddress[],
  visit: (place: NodeAddress) => Promise<T>,
): Promise<T> {
  let failure: unknown;
  for (const place of places) {
    try {
      return await visit(place);
    } catch (thrown) {
      failure ??= thrown;
    }
  }
  throw failure;
}

/** @throws Refusal `request_invalid` */
export async function watchedBySentinels(
  database: Database,
  secrets: SecretSource,
): Promise<readonly NodeAddress[]> {
  try {
    return await watchedServers({ database, secrets, withinMs: sentinelMs });
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new Refusal(
      'request_invalid',
      { what: `No Sentinel of "${database.name}" says where its servers are: ${reason}` },
      cause,
    );
  }
}

/** The servers that the first one knows: the nodes of its cluster, its replicas, or its primary. */
async function neighbours(
  [first]: readonly ManagerConnection[],
  info: string,
): Promise<readonly NodeAddress[]> {
  const mode = infoField(info, 'redis_mode') ?? infoField(info, 'server_mode');
  if (first !== undefined && mode === 'cluster') {
    return nodesIn(String(await sendCommand(first, ['CLUSTER', 'NODES'])));
  }
  const host = infoField(info, 'master_host');
  const port = Number(infoField(info, 'master_port'));
  return host === undefined ? replicasIn(info) : [{ host, port }];
}

/** `slave0:ip=10.0.0.3,port=6379,state=online,…` */
function replicasIn(info: string): readonly NodeAddress[] {
  return [...info.matchAll(/^slave\d+:ip=([^,]+),port=(\d+),/gm)].map(([, host = '', port]) => ({
    host,
    port: Number(port),
  }));
}

/**
 * `<id> <address>:<port>@<bus port>[,<host name>[,…]] <flags> …`, one line each. The host name, when there is one, is
 * what the certificate names.
 */
function nodesIn(answer: string): readonly NodeAddress[] {
  return answer.split('\n').flatMap((line) => {
    const [, where = '', flags = ''] = line.split(' ');
    const [, address = '', port, name] = /^(.*):(\d+)@\d+(?:,([^,]*))?/.exec(where) ?? [];
    if (address === '' || /myself|noaddr|handshake/.test(flags)) return [];
    return [{ host: name || address, port: Number(port) }];
  });
}
