import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { loopbackPeer } from './loopback-peer.ts';

const server = createServer();
beforeAll(async () => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
});
afterAll(() => server.close());

describe('the peer of a connection on this machine', () => {
  // Java opens sockets of IPv6 also for 127.0.0.1; to the server they look the same.
  test.each(['127.0.0.1', '::ffff:127.0.0.1'])('is this user, who connected to %s', async (address) => {
    const accepted = once(server, 'connection');
    const client = connect((server.address() as AddressInfo).port, address);
    const [socket]: Socket[] = await accepted;
    expect(socket && (await loopbackPeer(socket))).toBe(
      process.platform === 'linux' ? 'this_user' : 'cannot_be_known',
    );
    client.destroy();
    socket?.destroy();
  });
});
