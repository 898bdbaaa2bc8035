import { argumentList, type Command } from '../command.ts';
import { commandBytes } from '../messages.ts';
import { respType } from '../protocol.ts';
import { reads, writes } from './effect.ts';
import type { NodeLink } from './node-link.ts';
import { combined, pending, splitCursor, withNextCursor } from './reply.ts';
import type { Combination } from './route.ts';
import type { RoutedSession, Sent } from './routed-session.ts';

const nothing = Buffer.alloc(0);
/** Instead of the command: a server refuses it in its place, and says the name. */
const listUnknown = commandBytes('ROLE-NEEDS-THE-RIGHT-TO-CLUSTER-NODES-FOR-THIS');

/**
 * Each of the session's connections hears it; the client gets the answer of the first one, and `taken` is called when none
 * refused. What some nodes refuse and others do not cannot be one session; what all refuse (`CLIENT SETINFO` before Redis
 * 7.2) changed nothing. Alone: a node that is met meanwhile would miss it, or hear it too early.
 */
export function tellEveryLink(
  session: RoutedSession,
  links: Iterable<NodeLink>,
  bytes: Buffer,
  taken: () => void,
): Sent {
  if (session.unanswered > 0) return 'wait';
  const first = session.linkOr(session.home);
  if (first === undefined) return 'wait';
  const others = [...links].filter((link) => link !== first);
  const whole = pending(nothing);
  session.place(whole);
  let missing = 1 + others.length;
  let refused = 0;
  const heard = (reply: Buffer) => {
    missing -= 1;
    if (reply[0] === respType.error) refused += 1;
    if (missing > 0) return;
    if (refused > 0 && refused <= others.length) {
      session.lose();
      return;
    }
    if (refused === 0) taken();
    whole.done = true;
    session.advance();
  };
  for (const link of others) link.send(pending(bytes, { take: heard }));
  const take = (reply: Buffer) => {
    whole.chunks = [reply];
    heard(reply);
  };
  first.send(pending(bytes, { take }));
  session.settle();
  return 'sent';
}

/** Asks every node that holds keys, and makes one answer of theirs. Alone, since those are held until all are here. */
export function askPrimaries(session: RoutedSession, how: Combination, bytes: Buffer): Sent {
  if (session.unanswered > 0) return 'wait';
  const primaries = primaryLinks(session);
  if (primaries === 'wait') return 'wait';
  if (primaries === 'unknown') return refuse(session);
  const whole = pending(nothing, { effect: how === 'agreement' ? writes : reads });
  session.place(whole);
  const replies: Buffer[] = [];
  let missing = primaries.length;
  for (const [index, link] of primaries.entries()) {
    const take = (reply: Buffer) => {
      replies[index] = reply;
      missing -= 1;
      if (missing > 0) return;
      whole.chunks = [combined(replies, how)];
      whole.done = true;
      session.advance();
    };
    link.send(pending(bytes, { take }));
  }
  return 'sent';
}

/** Goes on with a SCAN at the node that its cursor stands at. Alone, since its answer is held until it is whole. */
export function scanPrimaries(session: RoutedSession, command: Command): Sent {
  if (session.unanswered > 0) return 'wait';
  const primaries = primaryLinks(session);
  if (primaries === 'wait') return 'wait';
  if (primaries === 'unknown') return refuse(session);
  const args = argumentList(command);
  const { node, cursor } = splitCursor(args[1]?.toString('latin1') ?? '', primaries.length);
  const whole = pending(nothing, { effect: reads });
  session.place(whole);
  const take = (reply: Buffer) => {
    whole.chunks = [withNextCursor(reply, node, primaries.length)];
    whole.done = true;
    session.advance();
  };
  const sent = args.length > 1 ? args.with(1, Buffer.from(cursor)) : args;
  primaries[node]?.send(pending(commandBytes(...sent), { take }));
  return 'sent';
}

/** In an order that all sessions agree on, and not empty; a role that may not read the list of nodes has none. */
function primaryLinks(session: RoutedSession): readonly NodeLink[] | 'wait' | 'unknown' {
  const { primaries } = session.map;
  if (primaries.length === 0) return 'unknown';
  const links: NodeLink[] = [];
  for (const name of primaries) {
    const link = session.linkOr(name);
    if (link === undefined) return 'wait';
    links.push(link);
  }
  return links;
}

function refuse(session: RoutedSession): Sent {
  const home = session.linkOr(session.home);
  if (home === undefined) return 'wait';
  session.send(home, pending(listUnknown));
  return 'sent';
}
