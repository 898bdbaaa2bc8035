import { once } from 'node:events';
import { createServer } from 'node:net';

/** A TCP port of the loopback address that was free a moment ago; another process may take it before the caller does. */
export async function freePort(): Promise<number> {
  return await bind(0);
}

/** `preferred` when it is free on the loopback address, else another port that is. */
export async function availablePort(preferred: number): Promise<number> {
  return await bind(preferred).catch(freePort);
}

async function bind(wanted: number): Promise<number> {
  const server = createServer().listen(wanted, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string')
    throw new TypeError('a TCP server has an address and a port');
  return address.port;
}
