import { readFile } from 'node:fs/promises';
import { isIPv4, type Socket } from 'node:net';

/** Who is at the other end of a connection on this machine. */
export type Peer = 'this_user' | 'another_user' | 'cannot_be_known';

/**
 * Asks the system whose the connection is. Everybody on a machine reaches its loopback ports; Linux says in
 * `/proc/net/tcp` and `tcp6` which user each end belongs to (proc(5)). Other systems do not say it.
 */
export async function loopbackPeer(socket: Socket): Promise<Peer> {
  const uid = process.getuid?.();
  const { remoteAddress = '', remotePort = 0, localAddress = '', localPort = 0 } = socket;
  if (process.platform !== 'linux' || uid === undefined) return 'cannot_be_known';
  if (!isIPv4(remoteAddress) || !isIPv4(localAddress)) return 'another_user';
  const [from, to] = [end(remoteAddress, remotePort), end(localAddress, localPort)];
  const owner =
    (await ownerIn('/proc/net/tcp', from, to)) ??
    // Programs of Java open sockets of IPv6 for every address, and the system lists those under it.
    (await ownerIn('/proc/net/tcp6', mappedPrefix + from, mappedPrefix + to));
  // Without an owner it ended already, or is none of this machine's: nobody is let in whom the system does not name.
  return owner === uid ? 'this_user' : 'another_user';
}

/** `::ffff:0:0/96`, the addresses of IPv4 within IPv6 (RFC 4291, 2.5.5.2), as the kernel prints it. */
const mappedPrefix = '0000000000000000FFFF0000';

/** The user id of the socket that connects `from` with `to`; undefined when the table has none. */
async function ownerIn(table: string, from: string, to: string): Promise<number | undefined> {
  for (const line of (await textOf(table)).split('\n')) {
    const [, local, remote, , , , , owner] = line.trim().split(/\s+/);
    if (local === from && remote === to) return Number(owner);
  }
  return undefined;
}

/** Without IPv6 the system has no `tcp6`. */
async function textOf(table: string): Promise<string> {
  try {
    return await readFile(table, 'utf8');
  } catch (thrown) {
    if (thrown instanceof Error && 'code' in thrown && thrown.code === 'ENOENT') return '';
    throw thrown;
  }
}

/** One end as the kernel prints it: the address as a number in its own byte order, which is little-endian on every machine of ours. */
function end(address: string, port: number): string {
  const bytes = Buffer.from(address.split('.').map(Number));
  return `${bytes.reverse().toString('hex').toUpperCase()}:${port.toString(16).toUpperCase().padStart(4, '0')}`;
}
