import { readFile } from 'node:fs/promises';
import { isIPv4, type Socket } from 'node:net';

/** Who is at the other end of a connection on this machine. */
export type Peer = 'this_user' | 'another_user' | 'cannot_be_known';

/**
 * Asks the system whose the connection is. Everybody on a machine reaches its loopback ports; Linux says in
 * `/proc/net/tcp` which user each end belongs to (proc(5)). Other systems do not say it.
 */
export async function loopbackPeer(socket: Socket): Promise<Peer> {
  const uid = process.getuid?.();
  const { remoteAddress = '', remotePort = 0, localPort = 0 } = socket;
  if (process.platform !== 'linux' || uid === undefined) return 'cannot_be_known';
  if (!isIPv4(remoteAddress)) return 'another_user';
  const end = (address: string, port: number) =>
    `${hexAddress(address)}:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  const [local, remote] = [end(remoteAddress, remotePort), end(socket.localAddress ?? '', localPort)];
  const table = await readFile('/proc/net/tcp', 'utf8');
  for (const line of table.split('\n')) {
    const [, from, to, , , , , owner] = line.trim().split(/\s+/);
    if (from === local && to === remote) return Number(owner) === uid ? 'this_user' : 'another_user';
  }
  // It ended already, or is none of this machine's: nobody is let in whom the system does not name.
  return 'another_user';
}

/** The kernel prints an address as one number in its own byte order, which is little-endian on every machine of ours. */
function hexAddress(address: string): string {
  const bytes = Buffer.from(address.split('.').map(Number));
  return bytes.reverse().toString('hex').toUpperCase();
}
