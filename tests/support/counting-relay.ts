import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** A TCP relay in front of a server that counts who came: what a refusal must not touch. */
export interface CountingRelay {
  readonly port: number;
  /** Connections so far. */
  readonly connections: number;
  stop(): Promise<void>;
}

/** Starts it on a free loopback port. */
export async function startCountingRelay(target: {
  readonly host: string;
  readonly port: number;
}): Promise<CountingRelay> {
  let connections = 0;
  const sockets = new Set<Socket>();
  const keep = (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  };
  const server = createServer((client) => {
    connections += 1;
    const upstream = connect(target.port, target.host);
    keep(client);
    keep(upstream);
    client.on('error', () => upstream.destroy());
    upstream.on('error', () => client.destroy());
    client.pipe(upstream).pipe(client);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    get connections() {
      return connections;
    },
    async stop() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
