import { isIPv4, isIPv6 } from 'node:net';
import type { Redis } from 'ioredis';
import { type Database, Refusal, type Secret } from '../../../core/index.ts';
import { openAsManager } from '../../manager-account.ts';
import { type NodeAddress, openDriver } from '../driver-connection.ts';

const connectTimeoutMs = 10_000;
const commandTimeoutMs = 60_000;

/**
 * Opens a driver connection as one ACL user, protected as the configuration demands.
 * @throws the server's own error; what it means depends on whose login it is
 */
export async function connectAs(
  database: Database,
  node: NodeAddress,
  login: string,
  password: Secret,
): Promise<Redis> {
  return await openDriver({
    database,
    node,
    account: { login, password },
    connectTimeoutMs,
    commandTimeoutMs,
  });
}

/** One server of the database, signed in as the manager account. */
export interface ManagerConnection {
  readonly client: Redis;
  readonly node: NodeAddress;
}

/** Opens a connection as the manager account. @throws Refusal `request_invalid` when it cannot */
export async function connectManager(
  database: Database,
  node: NodeAddress,
  password: Secret,
): Promise<ManagerConnection> {
  if (database.tls === 'off' && !isLoopback(node.host)) {
    throw new Refusal('request_invalid', {
      what: `The server names the node ${node.host}:${node.port}, and without TLS no password is sent beyond this machine.`,
    });
  }
  const client = await openAsManager(database, (login) => connectAs(database, node, login, password), node);
  return { client, node };
}

function isLoopback(host: string): boolean {
  return (
    host === 'localhost' || (isIPv4(host) && host.startsWith('127.')) || (isIPv6(host) && host === '::1')
  );
}
