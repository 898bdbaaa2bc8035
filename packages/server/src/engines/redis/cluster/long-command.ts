import type { Command } from '../command.ts';
import { commandBytes } from '../messages.ts';
import type { NodeLink } from './node-link.ts';
import { pending } from './reply.ts';
import { routeOf } from './route.ts';
import type { RoutedSession, Sent } from './routed-session.ts';
import type { Transactions } from './transactions.ts';

/** A command of up to this many bytes is kept as a whole, since it may have to be sent again. What is longer streams. */
export const mostKeptBytes = 1_048_576;

const nothing = Buffer.alloc(0);
/** Instead of the command: the server refuses it in its place, and says the name. */
const tooLong = commandBytes('COMMAND-IS-TOO-LONG-FOR-SEVERAL-NODES-OF-A-CLUSTER');

/** A command that is longer than what is kept: its beginning says where it goes, and the rest follows as it comes. */
export class LongCommand {
  readonly #session: RoutedSession;
  readonly #transactions: Transactions;
  #node: NodeLink | undefined;

  constructor(session: RoutedSession, transactions: Transactions) {
    this.#session = session;
    this.#transactions = transactions;
  }

  get underWay(): boolean {
    return this.#node !== undefined;
  }

  /** Whether part of one is on its way to this node. */
  isFor(link: NodeLink): boolean {
    return link === this.#node;
  }

  /**
   * `streams` when it goes on as it comes; it cannot be sent again elsewhere then. Nothing else may be without an answer:
   * what a node sends elsewhere could come in between.
   */
  begin(command: Command): Sent | 'streams' {
    if (this.#session.unanswered > 0) return 'wait';
    const route = routeOf(command);
    if (this.#transactions.open) {
      const queued = this.#transactions.queue(route, nothing);
      if (queued === 'wait') return 'wait';
      this.#node = queued.sentTo;
      return 'streams';
    }
    const isForOne = route.to === 'slot' || route.to === 'home';
    const link = this.#session.linkOr(this.#session.ownerOf(route.to === 'slot' ? route.slot : undefined));
    if (link === undefined) return 'wait';
    this.#session.send(link, pending(isForOne ? nothing : tooLong, { mayMove: false }));
    if (!isForOne) return 'sent';
    this.#node = link;
    return 'streams';
  }

  /** Its next bytes. */
  pass(bytes: Buffer): void {
    this.#node?.upstream.wire.write(bytes);
  }

  ended(): void {
    this.#node = undefined;
  }
}
