import type { Redis } from 'ioredis';
import type { Database, SecretSource } from '../../../core/index.ts';
import { type NodeAddress, openDriver } from '../driver-connection.ts';

/** Whom to ask, and within what. */
export interface SentinelQuestion {
  readonly database: Database;
  /** Finds the password of the Sentinels' account. */
  readonly secrets: SecretSource;
  /** Milliseconds for the connection, the login and every answer together. */
  readonly withinMs: number;
}

/**
 * Signs in to one Sentinel, lets `question` ask it, and leaves. The Sentinels' account and never a role's goes there.
 * @throws the Sentinel's own error, one of the network, or whatever `question` throws
 */
export async function askSentinel<T>(
  { database, secrets, withinMs }: SentinelQuestion,
  sentinel: NodeAddress,
  question: (client: Redis) => Promise<T>,
): Promise<T> {
  const client = await openSentinel({ database, secrets, withinMs }, sentinel);
  // Each step has its own limit; this one is for all of them.
  const timer = setTimeout(() => client.disconnect(), withinMs);
  try {
    return await question(client);
  } finally {
    clearTimeout(timer);
    client.disconnect();
  }
}

/** A connection to one Sentinel, signed in. @throws as {@link askSentinel} */
export async function openSentinel(
  { database, secrets, withinMs }: SentinelQuestion,
  sentinel: NodeAddress,
): Promise<Redis> {
  const { account } = database.sentinels ?? {};
  const password = account === undefined ? undefined : await secrets.resolve(account.password);
  return await openDriver({
    database,
    node: sentinel,
    ...(password === undefined ? {} : { account: { ...account, password } }),
    connectTimeoutMs: withinMs,
    commandTimeoutMs: withinMs,
  });
}

/** Where the primary is, as a Sentinel knows it. @throws Error also when it does not watch this name */
export async function askForPrimary(client: Redis, { sentinels }: Database): Promise<NodeAddress> {
  const name = sentinels?.primary ?? '';
  const reply = await client.call('SENTINEL', 'GET-MASTER-ADDR-BY-NAME', name);
  const [host, port] = Array.isArray(reply) ? reply.map(String) : [];
  if (host === undefined || !isPort(Number(port))) {
    throw new Error(`the Sentinel ${client.options.host}:${client.options.port} does not know ${name}`);
  }
  return { host, port: Number(port) };
}

function isPort(port: number): boolean {
  return Number.isInteger(port) && port > 0 && port <= 65_535;
}
