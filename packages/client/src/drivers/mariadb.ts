import { connect, type Socket } from 'node:net';

/** What mariadb calls `stream` on: the options of the one connection that is being opened. */
interface ConnectionOptions {
  password?: string;
}

type Done = (error?: Error, stream?: Socket) => void;

/**
 * The `stream` option of mariadb: it is called for every connection that a pool opens, on the options of that
 * connection alone, and so is the place to put a fresh token in. Give `ssl` too; leave `password` out.
 */
export function mariadbToken(
  password: () => Promise<string>,
  address: { readonly host: string; readonly port: number },
): (this: ConnectionOptions | undefined, done: Done) => void {
  return function openStream(done) {
    if (this === undefined) throw new TypeError('Give this function to mariadb as its option "stream".');
    password().then(
      (token) => {
        this.password = token;
        const socket = connect(address.port, address.host);
        const failed = (error: Error): void => done(error);
        socket.once('error', failed);
        socket.once('connect', () => {
          socket.off('error', failed);
          socket.setNoDelay(true);
          done(undefined, socket);
        });
      },
      (thrown: unknown) => done(thrown instanceof Error ? thrown : new Error(String(thrown))),
    );
  };
}
