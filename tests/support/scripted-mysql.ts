import { createServer, type Socket } from 'node:net';
import { type SecureContext, TLSSocket } from 'node:tls';
import { overStream, PacketExchange } from '../../packages/server/src/engines/mysql/packet-exchange.ts';
import {
  type Greeting,
  greeting,
  lengthEncoded,
  packet,
  plainOk,
} from '../../packages/server/src/engines/mysql/packets.ts';
import { capability } from '../../packages/server/src/engines/mysql/protocol.ts';

/** A server that says what a test wants, for what no honest server says. */
export interface ScriptedMysql {
  readonly port: number;
  /** Everything that clients sent it, after TLS. */
  readonly received: () => Buffer;
  close(): Promise<void>;
}

export interface ScriptOptions {
  /** Changes of the greeting; `plugin` is the one that it names. */
  readonly greeting?: Partial<Greeting> & { readonly plugin?: string };
  /** Sent together with the greeting. */
  readonly behindGreeting?: Buffer;
  /** Does TLS when the client asks. */
  readonly tls?: SecureContext;
  /** Goes on after the handshake response, whose payload it gets. The next packet of the exchange is the server's. */
  readonly script: (exchange: PacketExchange, response: Buffer, socket: Socket) => Promise<void>;
}

export const scriptedNonce = Buffer.from('abcdefghijklmnopqrst');
/** All that a server of our days can. */
export const scriptedCapabilities = 0xffff_ffff & ~capability.ssl;

/** Starts it on a free loopback port. */
export async function startScriptedMysql(options: ScriptOptions): Promise<ScriptedMysql> {
  const received: Buffer[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    void serve(socket, options, received).catch(() => {});
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const bound = server.address();
  if (bound === null || typeof bound === 'string') throw new TypeError('not a TCP listener');
  return {
    port: bound.port,
    received: () => Buffer.concat(received),
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/**
 * Lets the client in and answers what it asks of every fresh session; gives what reads its next commands: each exchange
 * begins with a command.
 */
export async function letIn(exchange: PacketExchange): Promise<() => Promise<PacketExchange>> {
  exchange.send(plainOk);
  const next = async () => {
    const command = new PacketExchange(exchange.transport, 0xff_ffff, (fault) => new Error(fault));
    if ((await command.receive()) === 'ended') throw new Error('the client has gone');
    return command;
  };
  const state = await next();
  const values = [
    'scripted',
    'utf8mb4',
    'NONE',
    '',
    'utf8mb4',
    'utf8mb4',
    'utf8mb4_general_ci',
    'ANSI',
    '28800',
  ];
  state.send(Buffer.of(values.length));
  for (const _ of values) state.send(lengthEncoded('def'));
  state.send(Buffer.concat(values.map(lengthEncoded)));
  state.send(Buffer.from([0xfe, 0, 0, 2, 0, 0, 0]));
  return next;
}

async function serve(socket: Socket, options: ScriptOptions, received: Buffer[]): Promise<void> {
  const exchange = new PacketExchange(overStream(socket), 0xff_ffff, (fault) => new Error(fault));
  const { plugin, ...changes } = options.greeting ?? {};
  const payload = greeting({
    serverVersion: '9.9.9-scripted',
    connectionId: 7,
    nonce: scriptedNonce,
    capabilities: scriptedCapabilities + (options.tls === undefined ? 0 : capability.ssl),
    collation: 45,
    ...changes,
  });
  const whole = plugin === undefined ? payload : withPlugin(payload, plugin);
  if (options.behindGreeting === undefined) exchange.send(whole);
  else socket.write(Buffer.concat([packet(0, whole), options.behindGreeting]));
  const watch = (from: Socket) => {
    const read = overStream(from);
    exchange.transport = {
      write: read.write,
      read: async (size) => {
        const bytes = await read.read(size);
        if (bytes !== 'ended') received.push(bytes);
        return bytes;
      },
    };
  };
  watch(socket);
  let response = await exchange.receive();
  if (options.tls !== undefined && response !== 'ended') {
    const tls = new TLSSocket(socket, { isServer: true, secureContext: options.tls });
    tls.on('error', () => {});
    watch(tls);
    response = await exchange.receive();
  }
  if (response !== 'ended') await options.script(exchange, response, socket);
}

function withPlugin(payload: Buffer, plugin: string): Buffer {
  const nameless = payload.subarray(0, payload.length - Buffer.byteLength('caching_sha2_password\0'));
  return Buffer.concat([nameless, Buffer.from(`${plugin}\0`)]);
}
