import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { Wire } from '../framing/index.ts';
import { ask } from './ask.ts';
import { clusterNodes, SlotMap } from './cluster/slot-map.ts';

const ends: (() => void)[] = [];
afterEach(() => {
  for (const end of ends.splice(0)) end();
});

/** A connection to a server that answers whatever it is asked with these bytes. */
async function answering(reply: Buffer): Promise<Wire> {
  const server = createServer((socket) => {
    ends.push(() => socket.destroy());
    socket.once('data', () => socket.write(reply));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new TypeError('a port');
  const socket = connect(address.port, '127.0.0.1');
  await once(socket, 'connect');
  ends.push(
    () => socket.destroy(),
    () => server.close(),
  );
  const wire = new Wire(socket);
  socket.on('data', (bytes) => wire.receive(bytes));
  return wire;
}

const bulk = (text: string) => Buffer.from(`$${text.length}\r\n${text}\r\n`);

test('a list of a thousand nodes whose slots lie apart is read whole', async () => {
  const id = 'f'.repeat(40);
  const nodes = Array.from({ length: 1_000 }, (_, node) => {
    const slots = Array.from({ length: 16 }, (_, index) => node + 1_000 * index).filter(
      (slot) => slot < 16_384,
    );
    const name = `node-${node}.cache.internal`;
    return `${id} 10.0.0.1:${7_000 + node}@17000,${name} master - 0 1700000000000 1 connected ${slots.join(' ')}`;
  });
  const list = nodes.join('\n');
  const [reply = Buffer.alloc(0)] = (await ask(await answering(bulk(list)), clusterNodes, 1)) as Buffer[];
  const map = new SlotMap();
  map.load(reply, { host: '10.0.0.1', port: 7_000 });
  expect(map.primaries).toHaveLength(1_000);
  expect(map.ownerOf(15_999)).toBe('node-999.cache.internal:7999');
});

test('an answer without end is no list, and does not fill the memory', async () => {
  const wire = await answering(bulk('x'.repeat(2_000_000)));
  await expect(ask(wire, clusterNodes, 1)).rejects.toThrow('no reply where one was expected');
});
