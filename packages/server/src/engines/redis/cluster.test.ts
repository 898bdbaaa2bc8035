import type { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { RedisFixture } from '../../../../../tests/support/redis-fixture.ts';
import { freePort } from '../../demo/free-port.ts';

let nodes: readonly RedisFixture[];

beforeAll(async () => {
  const [one, two] = [await node(), await node()];
  nodes = [one.fixture, two.fixture];
  await one.fixture.admin.call('CLUSTER', 'ADDSLOTSRANGE', '0', '8191');
  await two.fixture.admin.call('CLUSTER', 'ADDSLOTSRANGE', '8192', '16383');
  await one.fixture.admin.call(
    'CLUSTER',
    'MEET',
    '127.0.0.1',
    String(two.fixture.server.port),
    String(two.busPort),
  );
  await Promise.all(nodes.map(({ admin }) => ready(admin)));
});
afterAll(async () => {
  for (const one of nodes) await one.stop();
});

/** A node of a cluster. Its bus may not be where servers put it by themselves: that is beyond the last port. */
async function node() {
  const busPort = await freePort();
  const settings = { 'cluster-enabled': 'yes', 'cluster-port': String(busPort) };
  return { busPort, fixture: await RedisFixture.start({ settings }) };
}

async function ready(admin: Redis): Promise<void> {
  while (!String(await admin.call('CLUSTER', 'INFO')).includes('cluster_state:ok')) {
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

test.each([2, 3] as const)(
  'a key of another node is refused in one sentence that names no node, in RESP%i',
  async (protocol) => {
    const [one, two] = nodes;
    if (one === undefined || two === undefined) throw new TypeError('no nodes');
    const door = await one.open();
    const client = await one.raw(door, { protocol });
    const replies = await client.pipeline(
      ['SET', 'foo', 'x'],
      ['SET', 'bar', 'x'],
      ['MULTI'],
      ['GET', 'foo'],
      ['EXEC'],
      ['CLUSTER', 'SLOTS'],
      ['CLUSTER', 'INFO'],
    );
    // The slot of `foo` is 12182, the one of `bar` 5061.
    const elsewhere =
      '-ERR The key is on another node of a cluster. Grantway does not route to the nodes of a cluster yet.\r\n';
    expect(replies.slice(0, 6)).toEqual([
      elsewhere,
      '+OK\r\n',
      '+OK\r\n',
      elsewhere,
      '-EXECABORT Transaction discarded because of previous errors.\r\n',
      '-NOPERM CLUSTER SLOTS is not offered through Grantway.\r\n',
    ]);
    expect(replies.join('')).not.toContain(String(two.server.port));
    client.close();
    await door.settled();
    expect(door.statements[0]).toMatchObject({
      text: 'SET foo (1 bytes)',
      outcome: 'failed',
      errorCode: 'ERR',
    });
    await one.closeDoors();
  },
);
