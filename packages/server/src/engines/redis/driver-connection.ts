import { Redis } from 'ioredis';
import type { Database, Secret } from '../../core/index.ts';
import { upstreamTls } from '../framing/index.ts';

/** Where one server, or one Sentinel, listens. */
export interface NodeAddress {
  readonly host: string;
  readonly port: number;
}

/** A driver connection that is wanted. */
export interface DriverTarget {
  /** Says how the connection is protected; its own address does not count. */
  readonly database: Database;
  readonly node: NodeAddress;
  /** Absent: nobody signs in. Without a login it is the user `default`. */
  readonly account?: { readonly login?: string; readonly password: Secret };
  readonly connectTimeoutMs: number;
  readonly commandTimeoutMs: number;
}

/**
 * Opens a connection of the driver library, protected as the configuration demands, and signs in: for what is asked of
 * servers beside the sessions. It is never made again by itself. @throws the server's own error
 */
export async function openDriver({
  database,
  node: { host, port },
  account,
  connectTimeoutMs,
  commandTimeoutMs,
}: DriverTarget): Promise<Redis> {
  const tls = database.tls === 'off' ? undefined : await upstreamTls({ ...database, host });
  const client = new Redis({
    host,
    port,
    // The shapes of replies are those of RESP2 on every version.
    protocol: 2,
    ...(tls === undefined ? {} : { tls }),
    lazyConnect: true,
    retryStrategy: null,
    maxRetriesPerRequest: 0,
    enableReadyCheck: false,
    disableClientInfo: true,
    connectTimeout: connectTimeoutMs,
    commandTimeout: commandTimeoutMs,
  });
  // What breaks between two commands fails the next one; without a listener it would end the process.
  let broke: Error | undefined;
  client.on('error', (cause: Error) => {
    broke = cause;
  });
  try {
    // Signing in is a command of ours and not the driver's, so that its refusal is the error that comes back.
    await client.connect();
    if (account !== undefined) {
      const { login, password } = account;
      await client.call('AUTH', ...(login === undefined ? [] : [login]), password.reveal());
    }
    return client;
  } catch (cause) {
    client.disconnect();
    throw broke ?? cause;
  }
}
