import { BlockList, connect as connectTcp, isIP, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { Database } from '../../core/index.ts';
import { Refusal } from '../../core/index.ts';
import { intoOneBuffer } from './one-read-buffer.ts';
import { isCertificateRefused, upstreamTls } from './upstream-tls.ts';
import { Wire } from './wire.ts';

/** Where a wire goes, and how it must be protected. */
export interface WireTarget {
  readonly database: Pick<Database, 'host' | 'port' | 'tls' | 'tlsCa' | 'tlsClient'>;
  /** The one to dial of those that the host's name stands for. What the server proves of itself is about the name. */
  readonly address?: string | undefined;
  /** Ends the attempt, and the connection if it is there already. */
  readonly signal: AbortSignal;
  /** The request id for refusals. */
  readonly request: string;
  /** TLS application protocol, against confusion with other TLS servers (ALPACA); absent when the protocol has none. */
  readonly alpn?: string;
  readonly startTls: StartTls;
}

/**
 * Asks the server in the clear to begin with TLS: says whether it agreed. The socket is not flowing; when this throws it
 * is closed.
 */
export type StartTls = (socket: Socket) => Promise<'agreed' | 'declined' | 'ended'>;

/**
 * Opens a connection to a database server, protected as its configuration demands; there is no fallback.
 * @throws Refusal `upstream_unreachable`, `upstream_untrusted`, `upstream_refused_login` for our certificate
 */
export async function openWire(target: WireTarget): Promise<Wire> {
  return target.database.tls === 'off' ? await openPlain(target) : await openTls(target);
}

async function openPlain(target: WireTarget): Promise<Wire> {
  const { database, request } = target;
  let wire: Wire | undefined;
  const socket = connectTcp({
    ...tcpOptions(target),
    onread: intoOneBuffer((bytes) => {
      wire?.receive(bytes);
      return true;
    }),
  });
  wire = new Wire(socket);
  await connected(socket, request);
  if (!isLoopbackAddress(socket.remoteAddress ?? '')) {
    socket.destroy();
    throw new Refusal('upstream_untrusted', { request }, `tls: off, and ${database.host} is not loopback`);
  }
  return wire;
}

async function openTls(target: WireTarget): Promise<Wire> {
  const { database, request, alpn, startTls } = target;
  const trust = await upstreamTls(database).catch((cause: unknown) => {
    // Without the authorities nothing can be trusted; without our certificate nothing is protected as configured.
    throw new Refusal('upstream_untrusted', { request }, cause);
  });
  const socket = connectTcp(tcpOptions(target));
  socket.on('error', () => socket.destroy());
  await connected(socket, request);
  const answer = await startTls(socket).catch((thrown: unknown) => {
    socket.destroy();
    throw thrown;
  });
  if (answer === 'ended') {
    throw new Refusal('upstream_unreachable', { request }, 'the server closed before TLS began');
  }
  // Bytes that stand behind the server's answer were sent in the clear: an attacker's, whoever's they are (CVE-2021-23222).
  if (answer === 'declined' || socket.readableLength > 0) {
    socket.destroy();
    const cause = answer === 'declined' ? 'the server does not offer TLS' : 'bytes in the clear before TLS';
    throw new Refusal('upstream_untrusted', { request }, cause);
  }
  const tls = connectTls({
    socket,
    ...(isIP(database.host) === 0 ? { servername: database.host } : {}),
    ...(alpn === undefined ? {} : { ALPNProtocols: [alpn] }),
    minVersion: 'TLSv1.2',
    ...trust,
  });
  await new Promise<void>((resolve, reject) => {
    const failed = (cause?: Error) => {
      tls.destroy();
      reject(new Refusal(codeOf(cause), { request }, cause));
    };
    tls.once('error', failed);
    tls.once('close', () => failed());
    tls.once('secureConnect', () => {
      tls.off('error', failed);
      resolve();
    });
  });
  const wire = new Wire(tls);
  tls.on('data', (bytes: Buffer) => wire.receive(bytes));
  return wire;
}

function tcpOptions({ database: { host, port }, address = host, signal }: WireTarget) {
  return { host: address, port, signal, noDelay: true, keepAlive: true, keepAliveInitialDelay: 30_000 };
}

function connected(socket: Socket, request: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const failed = (cause?: unknown) => {
      socket.destroy();
      reject(new Refusal('upstream_unreachable', { request }, cause));
    };
    socket.once('error', failed);
    socket.once('connect', () => {
      socket.off('error', failed);
      resolve();
    });
  });
}

const lostConnection = new Set(['ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'ABORT_ERR']);

function codeOf(cause: Error | undefined) {
  if (cause === undefined || ('code' in cause && lostConnection.has(String(cause.code)))) {
    return 'upstream_unreachable';
  }
  return isCertificateRefused(cause) ? 'upstream_refused_login' : 'upstream_untrusted';
}

const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8, 'ipv4');
loopback.addAddress('::1', 'ipv6');

function isLoopbackAddress(address: string): boolean {
  const family = isIP(address);
  return family !== 0 && loopback.check(address, family === 6 ? 'ipv6' : 'ipv4');
}
