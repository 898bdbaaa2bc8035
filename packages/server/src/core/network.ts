import { isIPv6, SocketAddress } from 'node:net';

/** What one party controls: an IPv4 address, or the /64 of an IPv6 address, of which one host has 2^64. */
export function network(remoteAddress: string): string {
  const bare = remoteAddress.replace(/^::ffff:(?=\d+\.)/i, '').replace(/%.*$/, '');
  if (!isIPv6(bare)) return bare;
  const groups = expand(new SocketAddress({ address: bare, family: 'ipv6' }).address);
  return `${groups.slice(0, 4).join(':')}::/64`;
}

function expand(address: string): readonly string[] {
  const [head = '', tail] = address.split('::');
  const left = head.split(':').filter(Boolean);
  const right = (tail ?? '').split(':').filter(Boolean);
  const zeros = tail === undefined ? 0 : 8 - left.length - right.length;
  return [...left, ...Array<string>(zeros).fill('0'), ...right];
}
