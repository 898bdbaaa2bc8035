import { once } from 'node:events';
import { connect as connectTcp, isIP, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { isLoopbackHost } from '@grantway/client';
import type { HopTarget } from './hop.ts';
import { Left } from './read-bytes.ts';

const connectTimeoutMs = 10_000;

/**
 * Connects to the gateway's door, in clear as yet. The connection ends with the program's, however far a login came.
 * @throws Left when the program is gone already, Error with a sentence for the person
 */
export async function dialDoor(client: Socket, { connection: { host, port } }: HopTarget): Promise<Socket> {
  if (client.destroyed) throw new Left(client);
  const socket = connectTcp({ host, port, noDelay: true });
  client.once('close', () => socket.destroy());
  // Whoever reads next is told; between two reads a reset must not end the whole program.
  socket.on('error', () => socket.destroy());
  try {
    await once(socket, 'connect', { signal: AbortSignal.timeout(connectTimeoutMs) });
    return socket;
  } catch (cause) {
    socket.destroy();
    throw new Error(`The gateway does not answer at ${host}:${port}.`, { cause });
  }
}

/**
 * Encrypts the connection before a token goes over it. Who answers is checked, against `--ca` where it was given, and
 * without it except on this machine, where a gateway makes its own certificate.
 * @throws Left when the door is gone already, Error with a sentence for the person
 */
export async function secureDoor(socket: Socket, { connection: { host }, ca }: HopTarget): Promise<Socket> {
  if (socket.destroyed) throw new Left(socket);
  const secured = connectTls({
    socket,
    host,
    ...(isIP(host) === 0 && { servername: host }),
    ...(ca !== undefined && { ca }),
    rejectUnauthorized: ca !== undefined || !isLoopbackHost(host),
  });
  secured.on('error', () => secured.destroy());
  try {
    await once(secured, 'secureConnect', { signal: AbortSignal.timeout(connectTimeoutMs) });
    return secured;
  } catch (cause) {
    secured.destroy();
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`The gateway could not prove who it is (${why}). Give its authority with --ca.`, {
      cause,
    });
  }
}
