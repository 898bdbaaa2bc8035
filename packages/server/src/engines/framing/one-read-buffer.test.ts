import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { afterEach, describe, expect, test } from 'vitest';
import { readIntoOneBuffer } from './one-read-buffer.ts';

const opened: { destroy(): void }[] = [];
const servers: Server[] = [];
afterEach(() => {
  for (const socket of opened.splice(0)) socket.destroy();
  for (const server of servers.splice(0)) server.close();
});

async function connection(): Promise<{
  readonly server: Server;
  readonly client: Socket;
  readonly accepted: Socket;
  readonly socket: Socket;
}> {
  const server = createServer({ highWaterMark: 16_384 }).listen(0, '127.0.0.1');
  servers.push(server);
  await once(server, 'listening');
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1');
  const [accepted] = (await once(server, 'connection')) as [Socket];
  const socket = readIntoOneBuffer(accepted, 16_384);
  opened.push(client, socket);
  return { server, client, accepted, socket };
}

describe('an accepted socket that reads into the one buffer', () => {
  test('is another one than Node made: this version of Node still lets a handle go over', async () => {
    const { accepted, socket } = await connection();
    expect(socket).not.toBe(accepted);
    expect(socket.remoteAddress).toBe('127.0.0.1');
  });

  test('carries what many send at once without mixing it', async () => {
    const sent = Array.from({ length: 8 }, () => randomBytes(700_001));
    const received = await Promise.all(
      sent.map(async (bytes) => {
        const { client, socket } = await connection();
        client.end(bytes);
        return buffer(socket);
      }),
    );
    received.forEach((bytes, index) => {
      expect(bytes.equals(sent[index] ?? Buffer.alloc(0))).toBe(true);
    });
  });

  test('does not read on while nobody takes what came', async () => {
    const { client, socket } = await connection();
    const bytes = randomBytes(20_000_000);
    client.end(bytes);
    await once(socket, 'readable');
    // The system's own buffers hold a few megabytes at the most.
    expect(socket.readableLength).toBeLessThanOrEqual(16_384 + 65_536);
    expect(client.writableLength).toBeGreaterThan(0);
    expect((await buffer(socket)).equals(bytes)).toBe(true);
  });

  test('is counted by its server until it is closed', async () => {
    const { server, client, socket } = await connection();
    const count = () =>
      new Promise<number>((resolve, reject) => {
        server.getConnections((failure, connections) => (failure ? reject(failure) : resolve(connections)));
      });
    expect(await count()).toBe(1);
    const closed = once(socket, 'close');
    socket.resume();
    client.end();
    await closed;
    expect(await count()).toBe(0);
    const gone = once(server, 'close');
    server.close();
    await gone;
  });

  test('tells of a reset by its own error, and ends nobody else', async () => {
    const { client, socket } = await connection();
    const failed = once(socket, 'error');
    socket.resume();
    client.resetAndDestroy();
    const [failure] = await failed;
    expect((failure as NodeJS.ErrnoException).code).toBe('ECONNRESET');
    expect(socket.destroyed).toBe(true);
  });
});
