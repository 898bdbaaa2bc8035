import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { expect, test } from 'vitest';
import { bytesOf, cStrings, int32 } from '../../../../../../tests/support/postgres-messages.ts';
import { takesClearText } from './takes-clear-text.ts';

const refusal = bytesOf([
  'E',
  Buffer.concat([cStrings('SFATAL', 'C28000', 'MSSL is required'), Buffer.of(0)]),
]);

test.each<[string, (socket: Socket) => void, boolean]>([
  ['asks for a password', (socket) => socket.write(bytesOf(['R', int32(3)])), true],
  ['lets in at once', (socket) => socket.write(bytesOf(['R', int32(0)])), true],
  ['refuses', (socket) => socket.end(refusal), false],
  ['hangs up', (socket) => socket.destroy(), false],
])('a server that %s is told apart', async (_, answer, takes) => {
  const server = createServer((socket) => {
    socket.on('error', () => socket.destroy());
    socket.once('data', () => answer(socket));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  expect(await takesClearText({ host: '127.0.0.1', port, upstreamName: 'dev' }, 'me')).toBe(takes);
  server.close();
  await once(server, 'close');
  expect(await takesClearText({ host: '127.0.0.1', port, upstreamName: 'dev' }, 'me')).toBe(false);
});
