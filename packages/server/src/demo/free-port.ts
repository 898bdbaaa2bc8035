import { once } from 'node:events';
import { createServer, type Server } from 'node:net';

/** A TCP port of the loopback address that was free a moment ago; another process may take it before the caller does. */
export async function freePort(): Promise<number> {
  const [port] = await availablePorts([0]);
  return port;
}

/**
 * For each of `preferred` that port, when it is free on the loopback address, else another one that is; 0 is any. No two are
 * the same.
 */
export async function availablePorts<const Preferred extends readonly number[]>(
  preferred: Preferred,
): Promise<{ -readonly [Place in keyof Preferred]: number }> {
  // All are held until the last is chosen: the system may give one again that was let go.
  const held: Server[] = [];
  const ports = [];
  try {
    for (const wanted of preferred) {
      const server = await listen(wanted).catch(() => listen(0));
      held.push(server);
      ports.push(portOf(server));
    }
  } finally {
    await Promise.all(held.map(close));
  }
  return ports as { -readonly [Place in keyof Preferred]: number };
}

async function listen(port: number): Promise<Server> {
  const server = createServer().listen(port, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

function portOf(server: Server): number {
  const address = server.address();
  if (address === null || typeof address === 'string')
    throw new TypeError('a TCP server has an address and a port');
  return address.port;
}

async function close(server: Server): Promise<void> {
  server.close();
  await once(server, 'close');
}
