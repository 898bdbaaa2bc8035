import { randomInt } from 'node:crypto';
import { errorReply } from '../messages.ts';
import { lineFeed, respType } from '../protocol.ts';
import { type Effect, writes } from './effect.ts';
import type { Combination } from './route.ts';

/** Of a reply that is held until it is whole: the keys of a node, as SCAN or KEYS tell them. */
export const mostTakenBytes = 16_777_216;

/** In the place of a longer one. */
const tooLong = errorReply(
  `ERR A node answered with more than ${mostTakenBytes} bytes. Ask for less at a time: SCAN with a smaller COUNT.`,
);

/** One command that was sent, and what came back of its reply. */
export interface Pending {
  /** To send again elsewhere. */
  readonly bytes: Buffer;
  /** Of its key; absent for a command that any node answers alike. */
  readonly slot: number | undefined;
  readonly effect: Effect;
  /** False for what stays where it began: a transaction, and a command that was not kept as a whole. */
  readonly mayMove: boolean;
  /** The node says nothing but pushes and messages behind its answer, unless that is an error. */
  readonly subscribes: boolean;
  /** Gets the whole reply, and nobody else does; an error in the place of one that is longer than {@link mostTakenBytes}. */
  readonly take: ((reply: Buffer) => void) | undefined;
  /** What is here of the reply and was not told yet. */
  chunks: Buffer[];
  /** All that came of a reply that is taken. */
  takenBytes: number;
  done: boolean;
  /** The client has the beginning of it. */
  begun: boolean;
  /** How often it was sent to another node, and to the same one again. */
  redirections: number;
  repetitions: number;
}

/** A command that is about to be sent, with nothing of its reply. */
export function pending(
  bytes: Buffer,
  options: Partial<Pick<Pending, 'slot' | 'effect' | 'mayMove' | 'subscribes' | 'take'>> = {},
): Pending {
  const { slot, effect = writes, mayMove = true, subscribes = false, take } = options;
  return {
    bytes,
    slot,
    effect,
    mayMove,
    subscribes,
    take,
    chunks: [],
    takenBytes: 0,
    done: false,
    begun: false,
    redirections: 0,
    repetitions: 0,
  };
}

/** Holds what came of a reply that is taken, and hands it over when it is whole. */
export function takeReply(command: Pending): void {
  command.takenBytes += command.chunks.at(-1)?.length ?? 0;
  const isTooLong = command.takenBytes > mostTakenBytes;
  if (isTooLong) command.chunks = [];
  if (command.done) command.take?.(isTooLong ? tooLong : Buffer.concat(command.chunks));
}

/** Whether it begins as an error, and the client has nothing of it. */
export function isError({ begun, chunks }: Pending): boolean {
  return !begun && chunks[0]?.[0] === respType.error;
}

/** What a node asks for in the place of an answer; it did not run the command (cluster specification). */
export type Detour =
  /** `-MOVED <slot> <host>:<port>` for good, `-ASK …` for this once. An empty host is the one that said so. */
  | { readonly kind: 'moved' | 'ask'; readonly slot: number; readonly host: string; readonly port: number }
  /** `-TRYAGAIN …`: some of its keys have moved with their slot already, others have not. */
  | { readonly kind: 'try_again' };

/** The detour that a whole reply asks for; undefined when it is an answer. */
export function detourIn(reply: Buffer): Detour | undefined {
  if (reply[0] !== respType.error) return undefined;
  const text = reply.toString('latin1');
  if (text.startsWith('-TRYAGAIN ')) return { kind: 'try_again' };
  const [, word, slot, host = '', port] = /^-(MOVED|ASK) (\d{1,5}) (.*):(\d{1,5})\r\n$/.exec(text) ?? [];
  if (word === undefined) return undefined;
  return { kind: word === 'MOVED' ? 'moved' : 'ask', slot: Number(slot), host, port: Number(port) };
}

/** One reply out of those of all primaries, in their order; an error of one is the error of all. */
export function combined(replies: readonly Buffer[], how: Combination): Buffer {
  const failed = replies.find((reply) => reply[0] === respType.error);
  const [first = Buffer.alloc(0)] = replies;
  if (failed !== undefined || how === 'agreement') return failed ?? first;
  if (how === 'any') {
    const given = replies.filter((reply) => !isNull(reply));
    return given.length === 0 ? first : (given[randomInt(given.length)] ?? first);
  }
  const total = replies.reduce((sum, reply) => sum + headNumber(reply), 0);
  if (how === 'sum') return Buffer.from(`:${total}\r\n`);
  return Buffer.concat([Buffer.from(`*${total}\r\n`), ...replies.map(behindHead)]);
}

/** Nothing, as RESP2 and RESP3 say it. */
function isNull(reply: Buffer): boolean {
  return reply[0] === respType.null || headNumber(reply) === -1;
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
