import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, describe, expect, test } from 'vitest';
import { boundUnread, endBoundUnread } from './bound-unread.ts';
import { endWith } from './end-with.ts';
import { readExactly } from './read-exactly.ts';

/** Both ends of a connection; the accepted one with the high-water mark of a listener. */
async function connection(): Promise<{ readonly client: Socket; readonly accepted: Socket }> {
  const server = createServer({ highWaterMark: 16_384 }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1');
  const [accepted] = (await once(server, 'connection')) as [Socket];
  server.close();
  client.on('error', () => {});
  accepted.on('error', () => {});
  opened.push(client, accepted);
  return { client, accepted };
}
const opened: Socket[] = [];
afterEach(() => {
  for (const socket of opened.splice(0)) socket.destroy();
});

describe('a client that has not signed in', () => {
  test('is cut off when a read brings more than 64 KiB together with what waits already', async () => {
    const { client, accepted } = await connection();
    boundUnread(accepted);
    let most = 0;
    accepted.on('readable', () => {
      if (!accepted.destroyed) most = Math.max(most, accepted.readableLength);
    });
    client.write(Buffer.alloc(16_000));
    await once(accepted, 'readable');
    expect(accepted.readableLength).toBe(16_000);
    client.write(Buffer.alloc(8_000_000));
    await once(accepted, 'close');
    expect(most).toBeLessThanOrEqual(65_536);
  });

  test('may send what it is asked for, in whatever pieces', async () => {
    const { client, accepted } = await connection();
    boundUnread(accepted);
    for (const piece of [1, 2, 15_997, 40]) {
      client.write(Buffer.alloc(piece, 'x'));
    }
    expect(await readExactly(accepted, 16_000)).toHaveLength(16_000);
    expect(await readExactly(accepted, 40)).toHaveLength(40);
    expect(accepted.destroyed).toBe(false);
  });

  test('gets the reason of a refusal although it goes on sending, and is closed as soon as it leaves', async () => {
    const { client, accepted } = await connection();
    boundUnread(accepted);
    client.write('hello');
    await readExactly(accepted, 5);
    const closed = endWith(accepted, Buffer.from('no'));
    client.end(Buffer.alloc(3_000_000, 'y'));
    expect(await text(client)).toBe('no');
    await closed;
    expect(accepted.readableEnded).toBe(true);
  });

  test('may send as much as it likes afterwards', async () => {
    const { client, accepted } = await connection();
    boundUnread(accepted);
    client.write('hello');
    await readExactly(accepted, 5);
    endBoundUnread(accepted);
    client.end(Buffer.alloc(3_000_000, 'y'));
    expect(await text(accepted)).toHaveLength(3_000_000);
  });
});
