import { createServer, type Server, type Socket } from 'node:net';
import type { SecureContext, TLSSocket, TlsOptions } from 'node:tls';
import { isLoopback, type ListenAddress } from '../config/index.ts';
import type { ClientCertificate } from '../core/index.ts';
import { boundUnread, type Engine, readIntoOneBuffer } from '../engines/index.ts';
import { serveSession } from './session.ts';
import type { SessionServices } from './session-services.ts';

/** Nobody may keep a socket without having signed in for longer than this. */
const loginDeadlineMs = 15_000;
/** Sockets that have not signed in yet; one more pushes the eldest out, so that idle ones cannot shut others out. */
const mostSigningIn = 1_000;
/** Bytes; also for what is written: a client that does not read is not written much to. */
const highWaterMark = 16_384;

interface ListenerOptions {
  readonly engine: Engine;
  readonly address: ListenAddress;
  readonly issuer: string;
  /** The current certificate; asked for each connection, so that a reload takes effect. */
  readonly tls: () => SecureContext;
  /** Present where clients are asked for a certificate: how TLS is set up then, and what one of them showed. */
  readonly certificates?: DoorCertificates;
  /** The most sockets that this listener holds. */
  readonly mostConnections: number;
  /** Told of connections that the system could not give us. */
  readonly couldNotAccept: (thrown: unknown) => void;
  readonly services: SessionServices;
}

/** Certificates at a door. */
export interface DoorCertificates {
  readonly tlsOptions: () => TlsOptions;
  readonly read: (socket: TLSSocket) => ClientCertificate | undefined;
}

/** An open wire listener. */
export interface Listener {
  readonly name: string;
  /** As bound: with the port that the system chose when the config says 0. */
  readonly address: ListenAddress;
  /** False once the socket is closed. */
  readonly listening: boolean;
  /** Takes no more connections; resolves when the sessions that run have ended, also at the servers of the databases. */
  close(): Promise<void>;
}

/** Opens a door for one engine. @throws the system's error when the address cannot be bound */
export async function listen(options: ListenerOptions): Promise<Listener> {
  const { engine, address, issuer, services } = options;
  const { name } = engine;
  const clearTextAllowed = isLoopback(address.host);
  const signingIn = new Set<Socket>();
  const sessions = new Set<Promise<void>>();

  const server = createServer(
    {
      highWaterMark,
      noDelay: true,
      keepAlive: true,
      keepAliveInitialDelay: 30_000,
      allowHalfOpen: false,
    },
    (accepted) => {
      const socket = readIntoOneBuffer(accepted, highWaterMark);
      // Without a listener a reset from the client would end the process.
      socket.on('error', () => socket.destroy());
      const deadline = setTimeout(() => socket.destroy(), loginDeadlineMs);
      const letIn = () => {
        clearTimeout(deadline);
        signingIn.delete(socket);
      };
      socket.once('close', letIn);
      boundUnread(socket);
      signingIn.add(socket);
      if (signingIn.size > mostSigningIn) destroyEldest(signingIn);

      const shown = certificateShown(options.certificates);
      const door = { name, issuer, tls: options.tls, clearTextAllowed, ...shown.door };
      const remoteAddress = socket.remoteAddress ?? '';
      const { certificate } = shown;
      const session = serveSession({ socket, engine, door, remoteAddress, certificate, letIn }, services)
        .catch((thrown) => {
          services.log.problem('a session ended by a fault of ours', thrown);
          socket.destroy();
        })
        .finally(() => sessions.delete(session));
      sessions.add(session);
    },
  );
  server.maxConnections = options.mostConnections;
  await bind(server, address);
  server.on('error', options.couldNotAccept);
  return {
    name,
    address: boundAddress(server, address),
    get listening() {
      return server.listening;
    },
    close: async () => {
      await new Promise((resolve) => server.close(resolve));
      await Promise.all(sessions);
    },
  };
}

/** Its `close` comes in a later turn: whoever connects until then pushes the next one out. */
function destroyEldest(sockets: Set<Socket>): void {
  const [eldest] = sockets;
  if (eldest === undefined) return;
  sockets.delete(eldest);
  eldest.destroy();
}

/** What one connection shows, and the part of its door that asks for it. */
function certificateShown(certificates: DoorCertificates | undefined) {
  let certificate: ClientCertificate | undefined;
  if (certificates === undefined) return { door: {}, certificate: () => undefined };
  return {
    door: {
      certificates: {
        tlsOptions: certificates.tlsOptions,
        shown: (socket: TLSSocket) => {
          certificate = certificates.read(socket);
        },
      },
      signedIn: () => certificate?.trusted === true,
    },
    certificate: () => certificate,
  };
}

function bind(server: Server, { host, port }: ListenAddress): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port, backlog: 1_024 }, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

function boundAddress(server: Server, { host }: ListenAddress): ListenAddress {
  const bound = server.address();
  if (bound === null || typeof bound === 'string') throw new TypeError('not a TCP listener');
  return { host, port: bound.port };
}
