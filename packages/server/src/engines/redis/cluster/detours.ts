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

const askingCommand = commandBytes('ASKING');
/** As a node says it that knows of the loss. */
const unreachable = errorReply('CLUSTERDOWN Hash slot not served: its node cannot be reached');

/** A command that is to be sent again, and where. */
interface Waiting {
  readonly command: Pending;
  readonly to: NodeName;
  /** The node gets the slot, but has not got all of it: it takes the command only behind ASKING. */
  readonly asking: boolean;
}

/**
 * Follows what nodes say in the place of an answer: MOVED, ASK, TRYAGAIN. Only such commands are sent a second time, since
 * the node says with it that it did not run them; and only when all before them are answered, so that two of them that go
 * to different nodes run in the order of the client.
 */
export class Detours {
  readonly #parts: DetourParts;
  readonly #waiting: Waiting[] = [];

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

  /** Sends again what is the next to be answered. Call it whenever another command has become that. */
  goOn(): void {
    const next = this.#waiting.find(({ command }) => this.#parts.order.isNext(command));
    if (next === undefined) return;
    this.#waiting.splice(this.#waiting.indexOf(next), 1);
    this.#send(next);
  }

  /** The connections were reset. */
  clear(): void {
    this.#waiting.length = 0;
  }

  #redirect(
    link: NodeLink,
    command: Pending,
    { kind, slot, host, port }: Exclude<Detour, { kind: 'try_again' }>,
  ) {
    const { map } = this.#parts.session;
    const name = map.nameOf(`${host || placeOf(link.name).host}:${port}`);
    if (kind === 'moved') map.learn(slot, name);
    else map.learnMoving(slot);
    if (!command.mayMove || command.redirections >= mostRedirections) return false;
    if (kind === 'moved') this.refresh(link);
    command.redirections += 1;
    this.#unanswer(command);
    this.#again({ command, to: name, asking: kind === 'ask' });
    return true;
  }

  /** Where the slot is now; a node that it is moving to is found by its redirection again. */
  #repeat(command: Pending): boolean {
    const { map } = this.#parts.session;
    const owner = command.slot === undefined ? undefined : map.ownerOf(command.slot);
    if (command.slot !== undefined) map.learnMoving(command.slot);
    if (!command.mayMove || owner === undefined || command.repetitions >= mostRepetitions) return false;
    command.repetitions += 1;
    command.redirections = 0;
    this.#unanswer(command);
    setTimeout(() => {
      if (!this.#parts.session.over) this.#again({ command, to: owner, asking: false });
    }, msBetweenRepetitions);
    return true;
  }

  /** What the node said is no answer: nothing of it may be told, and nothing overtake the command. */
  #unanswer(command: Pending): void {
    command.chunks = [];
    command.done = false;
    this.#parts.session.settle();
  }

  #again(waiting: Waiting): void {
    this.#waiting.push(waiting);
    this.goOn();
  }

  #send({ command, to, asking }: Waiting): void {
    const { links, order, session } = this.#parts;
    const go = (target: NodeLink) => {
      if (session.over) return;
      if (asking) target.send(pending(askingCommand, { take: () => {} }));
      target.send(command);
      order.readOn();
    };
    const known = links.get(to);
    if (known !== undefined) go(known);
    else
      links.open(to).then(go, () => {
        session.map.forget(to);
        command.chunks = [unreachable];
        command.done = true;
        session.advance();
      });
  }
}
