import { once } from 'node:events';
import { connect, createServer } from 'node:net';

/** Bytes of one side, up to where the other side spoke. */
export interface Turn {
  readonly from: 'client' | 'server';
  readonly bytes: Buffer;
}

/** Records what a client and a real server say to each other: `use` is given the port to connect to. */
export async function recordTurns(
  target: { readonly host: string; readonly port: number },
  use: (port: number, forgetSoFar: () => void) => Promise<void>,
): Promise<readonly Turn[]> {
  const turns: { from: Turn['from']; bytes: Buffer }[] = [];
  const server = createServer((client) => {
    const upstream = connect(target.port, target.host);
    for (const [from, source, sink] of [
      ['client', client, upstream],
      ['server', upstream, client],
    ] as const) {
      source.on('error', () => {});
      source.on('data', (bytes: Buffer) => {
        const last = turns.at(-1);
        if (last?.from === from) last.bytes = Buffer.concat([last.bytes, bytes]);
        else turns.push({ from, bytes });
        sink.write(bytes);
      });
      source.on('end', () => sink.end());
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const bound = server.address();
  if (bound === null || typeof bound === 'string') throw new TypeError('not listening');
  await use(bound.port, () => turns.splice(0));
  server.close();
  return turns;
}

/** Everything that one side said. */
export function saidBy(side: Turn['from'], turns: readonly Turn[]): Buffer {
  return Buffer.concat(turns.filter(({ from }) => from === side).map(({ bytes }) => bytes));
}

/** The conversation with one turn cut in two, at every byte of every turn. */
export function* cutAnywhere(
  turns: readonly Turn[],
): Iterable<{ readonly where: string; readonly cut: readonly Turn[] }> {
  for (const [turn, { from, bytes }] of turns.entries()) {
    for (let at = 1; at < bytes.length; at += 1) {
      const cut = [
        ...turns.slice(0, turn),
        { from, bytes: bytes.subarray(0, at) },
        { from, bytes: bytes.subarray(at) },
        ...turns.slice(turn + 1),
      ];
      yield { where: `turn ${turn} at byte ${at}`, cut };
    }
  }
}

/** The conversation in pieces of `size` bytes. */
export function inPieces(turns: readonly Turn[], size: number): readonly Turn[] {
  return turns.flatMap(({ from, bytes }) =>
    Array.from({ length: Math.ceil(bytes.length / size) }, (_, part) => ({
      from,
      bytes: bytes.subarray(part * size, (part + 1) * size),
    })),
  );
}
