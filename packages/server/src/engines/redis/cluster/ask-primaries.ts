import { argumentBytes, type Command } from '../command.ts';
import { commandBytes } from '../messages.ts';
import type { NodeLink } from './node-link.ts';
import { combined, type Pending, pending, splitCursor, withNextCursor } from './reply.ts';
import type { Route } from './route.ts';

/** What an answer of several nodes is put together with. */
export interface PrimariesAsked {
  /** In an order that all sessions agree on; not empty. */
  readonly primaries: readonly NodeLink[];
  /** Takes the place of the answer among the others. */
  readonly place: (whole: Pending) => void;
  /** The answer is whole. */
  readonly answered: () => void;
}

const nothing = Buffer.alloc(0);

/** Asks every node that holds keys, and makes one answer of theirs. */
export function askPrimaries(
  { primaries, place, answered }: PrimariesAsked,
  how: Extract<Route, { to: 'every_primary' }>['combine'],
  bytes: Buffer,
): void {
  const whole = pending(nothing);
  place(whole);
  const replies: Buffer[] = [];
  let missing = primaries.length;
  for (const [index, link] of primaries.entries()) {
    const take = (reply: Buffer) => {
      replies[index] = reply;
      missing -= 1;
      if (missing > 0) return;
      whole.chunks = [combined(replies, how)];
      whole.done = true;
      answered();
    };
    link.send(pending(bytes, { take }));
  }
}

/** Goes on with a SCAN at the node that its cursor stands at. */
export function scanPrimaries({ primaries, place, answered }: PrimariesAsked, command: Command): void {
  const args = command.starts.map((_, index) => Buffer.from(argumentBytes(command, index)));
  const { node, cursor } = splitCursor(args[1]?.toString('latin1') ?? '', primaries.length);
  const whole = pending(nothing);
  place(whole);
  const take = (reply: Buffer) => {
    whole.chunks = [withNextCursor(reply, node, primaries.length)];
    whole.done = true;
    answered();
  };
  const sent = args.length > 1 ? args.with(1, Buffer.from(cursor)) : args;
  primaries[node]?.send(pending(commandBytes(...sent), { take }));
}
