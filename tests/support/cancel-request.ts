import { connect } from 'node:net';
import type pg from 'pg';

/** What a client presents to cancel what it runs: process id and secret, as the server gave them. */
export function cancelKeyOf(client: pg.Client): Buffer {
  const { processID, secretKey } = client as unknown as { processID: number; secretKey: number };
  const key = Buffer.alloc(8);
  key.writeInt32BE(processID | 0);
  key.writeInt32BE(secretKey | 0, 4);
  return key;
}

/** Sends a CancelRequest as libpq does, and waits until the other side has closed. */
export async function requestCancel(port: number, key: Buffer): Promise<void> {
  const head = Buffer.alloc(8);
  head.writeInt32BE(8 + key.length);
  head.writeInt32BE(80_877_102, 4);
  await new Promise<void>((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.end(Buffer.concat([head, key])));
    socket.on('error', () => {});
    socket.on('close', () => resolve());
    socket.resume();
  });
}
