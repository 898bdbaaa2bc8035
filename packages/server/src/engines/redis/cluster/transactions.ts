import type { Command } from '../command.ts';
import { commandBytes, simpleReply } from '../messages.ts';
import { respType } from '../protocol.ts';
import { reads, writes } from './effect.ts';
import type { NodeLink } from './node-link.ts';
import { pending } from './reply.ts';
import { type Route, slotOf } from './route.ts';
import type { RoutedSession, Sent } from './routed-session.ts';

const multi = commandBytes('MULTI');

/**
 * MULTI, WATCH and what belongs to them: a transaction is on one node. Which one, its first key says, or that of the
 * WATCH before; so MULTI goes to the node only with the first command behind it.
 */
export class Transactions {
  readonly #session: RoutedSession;
  #open = false;
  /** Where the open one runs, once a command has said so. */
  #node: NodeLink | undefined;
  #watched: NodeLink | undefined;

  constructor(session: RoutedSession) {
    this.#session = session;
  }

  /** Whether what comes now belongs to a transaction. */
  get open(): boolean {
    return this.#open;
  }

  /** Whether something of the client is on this node that no other has. */
  needs(link: NodeLink): boolean {
    return link === this.#watched || link === this.#node;
  }

  /** MULTI, WATCH, UNWATCH; and EXEC and DISCARD without a transaction, which the server refuses. */
  step({ step }: Extract<Route, { to: 'transaction' }>, command: Command, bytes: Buffer): Sent {
    switch (step) {
      case 'begin':
        // It runs as one, and where is not known yet: nothing may be left that runs behind it.
        if (this.#session.unanswered > 0) return 'wait';
        this.#open = true;
        this.#node = this.#watched;
        if (this.#node === undefined) this.#agree();
        else this.#send(this.#node, bytes);
        return 'sent';
      case 'watch': {
        const link = this.#watched ?? this.#linkOf(slotOf(command, 'WATCH'));
        if (link === undefined || !this.#session.mayRunBeside(link, writes)) return 'wait';
        this.#watched = link;
        this.#send(link, bytes);
        return 'sent';
      }
      default: {
        const link = this.#watched ?? this.#session.linkOr(this.#session.home);
        if (link === undefined || !this.#session.mayRunBeside(link, writes)) return 'wait';
        this.#watched = undefined;
        this.#send(link, bytes);
        return 'sent';
      }
    }
  }

  /** A command within the transaction. Its first key says where that runs; keys of other nodes are refused there. */
  queue(route: Route, bytes: Buffer): { readonly sentTo: NodeLink } | 'wait' {
    const node = this.#node;
    if (node === undefined) {
      const link = this.#linkOf(route.to === 'slot' ? route.slot : undefined);
      if (link !== undefined) this.#begin(link);
      return 'wait';
    }
    this.#send(node, bytes);
    if (route.to === 'transaction' && route.step === 'end') this.clear();
    return { sentTo: node };
  }

  /** Nothing of it is left: it ended, or the connections were reset. */
  clear(): void {
    this.#open = false;
    this.#node = undefined;
    this.#watched = undefined;
  }

  /** The client believes that its commands are queued: unless the node agrees they would run at once, one by one. */
  #begin(node: NodeLink): void {
    this.#session.hold();
    const take = (reply: Buffer) => {
      if (reply[0] === respType.error) {
        this.#session.lose();
        return;
      }
      this.#node = node;
      this.#session.goOn();
    };
    node.send(pending(multi, { mayMove: false, take }));
  }

  /** Answers MULTI as a node does. */
  #agree(): void {
    this.#session.place({
      ...pending(Buffer.alloc(0), { effect: reads }),
      chunks: [simpleReply('OK')],
      done: true,
    });
    this.#session.advance();
  }

  #linkOf(slot: number | undefined): NodeLink | undefined {
    return this.#session.linkOr(this.#session.ownerOf(slot));
  }

  #send(link: NodeLink, bytes: Buffer): void {
    this.#session.send(link, pending(bytes, { mayMove: false }));
  }
}
