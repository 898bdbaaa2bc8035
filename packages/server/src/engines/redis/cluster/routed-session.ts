import type { Effect } from './effect.ts';
import type { NodeLink } from './node-link.ts';
import type { Pending } from './reply.ts';
import type { NodeName, SlotMap } from './slot-map.ts';

/** What became of a command; one that waits comes again. */
export type Sent = 'sent' | 'wait';

/** A session over several nodes, as the parts of its router see it. */
export interface RoutedSession {
  readonly map: SlotMap;
  /** Whom everything goes to that any node answers. */
  readonly home: NodeName;
  /** Nothing is told or sent any more. */
  readonly over: boolean;
  /** Replies that the client has not got as a whole. */
  readonly unanswered: number;
  /** Who serves the slot, as far as it is known; without a slot, and where it is not known, the first node. */
  ownerOf(slot: number | undefined): NodeName;
  /** The connection to a node; undefined while it is dialled, and then the command comes again. */
  linkOr(name: NodeName): NodeLink | undefined;
  /** Whether a command may go there now, or must wait until what was sent before is answered. */
  mayRunBeside(link: NodeLink, effect: Effect): boolean;
  /** Sends a command whose reply the client gets. */
  send(link: NodeLink, command: Pending): void;
  /** Takes the place of a reply that does not come as it is from one node. */
  place(whole: Pending): void;
  /** Tells the client what its turn is. */
  advance(): void;
  /** Nothing of the client is taken until everything before it is answered. */
  settle(): void;
  /** Nothing of the client is taken until {@link RoutedSession.goOn}. */
  hold(): void;
  goOn(): void;
  /** Ends the session. */
  lose(): void;
}
