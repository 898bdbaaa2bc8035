import { type Command, commandCopy } from '../command.ts';
import { commandBytes } from '../messages.ts';
import type { NodeLink } from './node-link.ts';
import { pending } from './reply.ts';
import { type Route, routeOf } from './route.ts';
import type { RoutedSession, Sent } from './routed-session.ts';

const noKeys = commandBytes('A-SUBSCRIBER-OF-A-CLUSTER-HAS-NO-COMMANDS-WITH-KEYS');
const otherNode = commandBytes('A-SUBSCRIBER-HAS-CHANNELS-OF-ONE-NODE-OF-A-CLUSTER');

/**
 * A session that listens to channels. From its first subscription on, all that it says goes to one node, and all that
 * this node says goes to the client: messages come at any time, and confirmations count the channels of a connection.
 */
export class Channels {
  readonly #session: RoutedSession;
  /** The node that it listens to. */
  #node: NodeLink | undefined;
  /** A node that has not answered everything yet, and is to be listened to then. */
  #awaited: NodeLink | undefined;

  constructor(session: RoutedSession) {
    this.#session = session;
  }

  get node(): NodeLink | undefined {
    return this.#node;
  }

  /** Answers so far must be told before messages can come. The nodes pass on what is no shard's, so any of them will do. */
  subscribe({ slot }: Extract<Route, { to: 'subscriber' }>, bytes: Buffer): Sent {
    if (this.#session.unanswered > 0) return 'wait';
    const link = this.#session.linkOr(this.#session.ownerOf(slot));
    if (link === undefined) return 'wait';
    if (link.unanswered > 0) {
      this.#awaited = link;
      this.#session.hold();
      return 'wait';
    }
    this.#session.send(link, pending(bytes, { slot, subscribes: true }));
    this.#session.settle();
    return 'sent';
  }

  /** The node has answered something that the client did not ask. */
  answered(link: NodeLink): void {
    if (this.#awaited !== link || link.unanswered > 0) return;
    this.#awaited = undefined;
    this.#session.goOn();
  }

  /** The node has taken the first subscription. */
  listen(link: NodeLink): void {
    this.#node = link;
  }

  /** A command of a session that listens to `node`. */
  say(node: NodeLink, command: Command): 'sent' {
    const { wire } = node.upstream;
    const route = routeOf(command);
    if (route.to === 'subscriber') {
      const isHere = route.slot === undefined || this.#session.ownerOf(route.slot) === node.name;
      wire.write(isHere ? commandCopy(command) : otherNode);
    } else {
      const fits = command.complete && ['home', 'every_link', 'reset'].includes(route.to);
      wire.write(fits ? commandCopy(command) : noKeys);
    }
    return 'sent';
  }

  /** The connections were reset. */
  clear(): void {
    this.#node = undefined;
    this.#awaited = undefined;
  }
}
