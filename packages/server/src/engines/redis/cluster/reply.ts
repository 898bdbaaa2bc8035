import { lineFeed, respType } from '../protocol.ts';

/** One command that was sent, and what came back of its reply. */
export interface Pending {
  /** To send again elsewhere. */
  readonly bytes: Buffer;
  /** What is here of the reply and was not told yet. */
  chunks: Buffer[];
  done: boolean;
  /** The client has the beginning of it. */
  begun: boolean;
  redirections: number;
  /** False within a transaction, which stays where it began. */
  readonly mayMove: boolean;
  /** Gets the whole reply, and nobody else does. */
  readonly take: ((reply: Buffer) => void) | undefined;
}

export function pending(bytes: Buffer, options: Partial<Pick<Pending, 'mayMove' | 'take'>> = {}): Pending {
  const { mayMove = true, take } = options;
  return { bytes, chunks: [], done: false, begun: false, redirections: 0, mayMove, take };
}

/** Whether it begins as an error, and the client has nothing of it. */
export function isError({ begun, chunks }: Pending): boolean {
  return !begun && chunks[0]?.[0] === respType.error;
}

/** Where a node sends us: `-MOVED <slot> <host>:<port>` for good, `-ASK …` for this once (cluster specification). */
export interface Redirection {
  readonly kind: 'moved' | 'ask';
  readonly slot: number;
  /** Empty: the host that said so. */
  readonly host: string;
  readonly port: number;
}

export function redirectionIn(reply: Buffer): Redirection | undefined {
  if (reply[0] !== respType.error) return undefined;
  const [, word, slot, host = '', port] =
    /^-(MOVED|ASK) (\d{1,5}) (.*):(\d{1,5})\r\n$/.exec(reply.toString('latin1')) ?? [];
  if (word === undefined) return undefined;
  return { kind: word === 'MOVED' ? 'moved' : 'ask', slot: Number(slot), host, port: Number(port) };
}

/** One reply out of those of all primaries, in their order; an error of one is the error of all. */
export function combined(replies: readonly Buffer[], how: 'sum' | 'concatenation' | 'agreement'): Buffer {
  const failed = replies.find((reply) => reply[0] === respType.error);
  const [first = Buffer.alloc(0)] = replies;
  if (failed !== undefined || how === 'agreement') return failed ?? first;
  const total = replies.reduce((sum, reply) => sum + headNumber(reply), 0);
  if (how === 'sum') return Buffer.from(`:${total}\r\n`);
  return Buffer.concat([Buffer.from(`*${total}\r\n`), ...replies.map(behindHead)]);
}

/** The number on the first line. */
function headNumber(reply: Buffer): number {
  return Number(reply.toString('latin1', 1, reply.indexOf(lineFeed) - 1));
}

function behindHead(reply: Buffer): Buffer {
  return reply.subarray(reply.indexOf(lineFeed) + 1);
}

/**
 * A cursor over all primaries is the cursor of one of them and its place in their order. Servers count up to the size of a
 * table in reversed bits, so that there is room for the place (command page SCAN).
 */
export function splitCursor(
  cursor: string,
  nodes: number,
): { readonly node: number; readonly cursor: string } {
  if (!/^\d{1,20}$/.test(cursor)) return { node: 0, cursor };
  const given = BigInt(cursor);
  return { node: Number(given % BigInt(nodes)), cursor: String(given / BigInt(nodes)) };
}

/** The reply to SCAN of the node at `node`, with the cursor that comes next; 0 behind the last node's last. */
export function withNextCursor(reply: Buffer, node: number, nodes: number): Buffer {
  const shape = /^\*2\r\n\$\d+\r\n(\d{1,20})\r\n/.exec(reply.toString('latin1', 0, 48));
  if (shape === null) return reply;
  const [head, own = '0'] = shape;
  const next =
    own !== '0' ? BigInt(own) * BigInt(nodes) + BigInt(node) : node + 1 < nodes ? BigInt(node + 1) : 0n;
  const text = String(next);
  return Buffer.concat([Buffer.from(`*2\r\n$${text.length}\r\n${text}\r\n`), reply.subarray(head.length)]);
}
