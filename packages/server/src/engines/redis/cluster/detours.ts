import { commandBytes, errorReply } from '../messages.ts';
import type { NodeLink } from './node-link.ts';
import { type Detour, detourIn, type Pending, pending } from './reply.ts';
import type { ReplyOrder } from './reply-order.ts';
import type { RoutedSession } from './routed-session.ts';
import type { SessionLinks } from './session-links.ts';
import { clusterNodes, type NodeName, placeOf } from './slot-map.ts';

/** What the detours of a session's commands are made with. */
export interface DetourParts {
  readonly session: RoutedSession;
  readonly links: SessionLinks;
  readonly order: ReplyOrder;
  /** Whether a command of ours between those of the client would do harm on this connection. */
  readonly isBusy: (link: NodeLink) => boolean;
}

/** Nodes that one command may be sent to before somebody is told that the cluster does not know where it belongs. */
const mostRedirections = 5;
/** A slot's keys move one after the other: two seconds is long for those of one command. */
const mostRepetitions = 20;
const msBetweenRepetitions = 100;

const asking = commandBytes('ASKING');
/** As a node says it that knows of the loss. */
const unreachable = errorReply('CLUSTERDOWN Hash slot not served: its node cannot be reached');

/**
 * Follows what nodes say in the place of an answer: MOVED, ASK, TRYAGAIN. Only such commands are sent a second time, since
 * the node says with it that it did not run them.
 */
export class Detours {
  readonly #parts: DetourParts;

  constructor(parts: DetourParts) {
    this.#parts = parts;
  }

  /** Takes a whole error of a node. True when the client is told nothing of it. */
  take(link: NodeLink, command: Pending): boolean {
    const detour = detourIn(Buffer.concat(command.chunks));
    if (detour === undefined) return false;
    if (detour.kind === 'try_again') return this.#repeat(command);
    return this.#redirect(link, command, detour);
  }

  /** Reads the list of nodes again: what is known of them has shown to be old. */
  refresh(link: NodeLink): void {
    const { session, isBusy } = this.#parts;
    const { map } = session;
    if (isBusy(link) || !map.beginsReading(performance.now())) return;
    const take = (reply: Buffer) => map.load(reply, placeOf(link.name));
    link.send(pending(clusterNodes, { mayMove: false, take }));
  }

  #redirect(
    link: NodeLink,
    command: Pending,
    { kind, slot, host, port }: Exclude<Detour, { kind: 'try_again' }>,
  ) {
    const { map } = this.#parts.session;
    const name = map.nameOf(`${host || placeOf(link.name).host}:${port}`);
    if (kind === 'moved') map.learn(slot, name);
    if (!command.mayMove || command.redirections >= mostRedirections) return false;
    if (kind === 'moved') this.refresh(link);
    command.redirections += 1;
    this.#again(command, name, kind);
    return true;
  }

  /** Where the slot is now; a node that it is moving to is found by its redirection again. */
  #repeat(command: Pending): boolean {
    const owner = command.slot === undefined ? undefined : this.#parts.session.map.ownerOf(command.slot);
    if (!command.mayMove || owner === undefined || command.repetitions >= mostRepetitions) return false;
    command.repetitions += 1;
    command.redirections = 0;
    this.#parts.session.settle();
    setTimeout(() => {
      if (!this.#parts.session.over) this.#again(command, owner, 'moved');
    }, msBetweenRepetitions);
    return true;
  }

  #again(command: Pending, name: NodeName, kind: 'moved' | 'ask'): void {
    const { links, order, session } = this.#parts;
    command.chunks = [];
    command.done = false;
    session.settle();
    const go = (target: NodeLink) => {
      if (session.over) return;
      if (kind === 'ask') target.send(pending(asking, { take: () => {} }));
      target.send(command);
      order.readOn();
    };
    const known = links.get(name);
    if (known !== undefined) go(known);
    else
      links.open(name).then(go, () => {
        session.map.forget(name);
        command.chunks = [unreachable];
        command.done = true;
        session.advance();
      });
  }
}
