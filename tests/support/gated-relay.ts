import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

interface Target {
  readonly host: string;
  readonly port: number;
}

/** A TCP relay in front of a server that can keep a connection waiting, or lead new ones to another server. */
export interface GatedRelay {
  readonly port: number;
  /** The next connection gets no further than here until it is let pass. */
  holdNext(): HeldConnection;
  /** Where connections go from now on, like those of a name that stands for several servers. */
  leadTo(target: Target): void;
  stop(): Promise<void>;
}

export interface HeldConnection {
  readonly arrived: Promise<void>;
  letPass(): void;
}

/** Starts it on a free loopback port. */
export async function startGatedRelay(first: Target): Promise<GatedRelay> {
  let target = first;
  let hold: ((pass: () => void) => void) | undefined;
  const sockets = new Set<Socket>();
  const keep = (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  };
  const server = createServer((client) => {
    keep(client);
    client.on('error', () => client.destroy());
    const { host, port } = target;
    const pass = () => {
      const upstream = connect(port, host);
      keep(upstream);
      client.on('error', () => upstream.destroy());
      upstream.on('error', () => client.destroy());
      client.pipe(upstream).pipe(client);
    };
    if (hold === undefined) return pass();
    hold(pass);
    hold = undefined;
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    holdNext() {
      const { promise, resolve } = Promise.withResolvers<() => void>();
      hold = resolve;
      return { arrived: promise.then(() => undefined), letPass: () => void promise.then((pass) => pass()) };
    },
    leadTo(other) {
      target = other;
    },
    async stop() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
