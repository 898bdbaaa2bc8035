import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

/** A TCP proxy that loses, delays and resets what passes, by a sequence that its seed decides. */
export interface FlakyProxy {
  readonly port: number;
  /** Whether anything goes wrong at new connections; at first nothing does. */
  misbehave(on: boolean): void;
  /** How often it did which. */
  readonly done: Readonly<Record<Mischief, number>>;
  stop(): Promise<void>;
}

const mischiefs = ['none', 'refuse', 'lose-answer', 'reset-answer', 'delay', 'cut-answer'] as const;
type Mischief = (typeof mischiefs)[number];

/** Starts it on `listenPort`. Half of the connections pass unharmed. */
export async function startFlakyProxy(
  listenPort: number,
  targetPort: number,
  seed: number,
): Promise<FlakyProxy> {
  const random = mulberry32(seed);
  const done: Record<Mischief, number> = {
    none: 0,
    refuse: 0,
    'lose-answer': 0,
    'reset-answer': 0,
    delay: 0,
    'cut-answer': 0,
  };
  let bad = false;
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const mischief =
      !bad || random() < 0.5 ? 'none' : (mischiefs[Math.floor(random() * mischiefs.length)] ?? 'none');
    const delayMs = mischief === 'delay' ? random() * 300 : 0;
    done[mischief] += 1;
    sockets.add(client);
    client.once('close', () => sockets.delete(client));
    client.on('error', () => client.destroy());
    if (mischief === 'refuse') {
      client.resetAndDestroy();
      return;
    }
    const upstream = connect(targetPort, '127.0.0.1');
    upstream.on('error', () => client.destroy());
    client.pipe(upstream);
    client.once('close', () => upstream.destroy());
    // As late as the bytes before it.
    upstream.once('close', () => setTimeout(() => client.end(), delayMs));
    upstream.on('data', (bytes) => {
      if (mischief === 'lose-answer') client.destroy();
      else if (mischief === 'reset-answer') client.resetAndDestroy();
      else if (mischief === 'cut-answer') client.end(bytes.subarray(0, bytes.length / 2));
      else setTimeout(() => client.writable && client.write(bytes), delayMs);
    });
  });
  server.listen(listenPort, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: listenPort,
    done,
    misbehave: (on) => {
      bad = on;
    },
    stop: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}

/** Numbers from 0 to 1 that look like chance (the generator mulberry32). */
function mulberry32(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
