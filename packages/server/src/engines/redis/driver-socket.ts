import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { AbstractConnector, type RedisOptions } from 'ioredis';

/** How the driver gets the stream that it talks over, instead of connecting itself. */
export function connectorOver(stream: Duplex): NonNullable<RedisOptions['Connector']> {
  return class extends AbstractConnector {
    constructor() {
      super(0);
    }

    override connect(): Promise<Socket> {
      return Promise.resolve(driverSocket(stream));
    }

    override disconnect(): void {
      stream.destroy();
    }
  };
}

/** Dresses a connected stream as the `net.Socket` that the driver expects: what it sets means nothing in the process. */
function driverSocket(stream: Duplex): Socket {
  const nothing = () => stream;
  // A socket closes by itself when the other side has ended; the driver waits for that.
  stream.once('end', () => stream.destroy());
  return Object.assign(stream, { setNoDelay: nothing, setKeepAlive: nothing }) as Duplex as Socket;
}
