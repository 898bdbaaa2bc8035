import { Wire } from '../../framing/index.ts';
import { type Command, nameOf } from '../command.ts';
import { type CommandHandler, CommandScanner, type Decision } from '../command-scanner.ts';
import { commandBytes, simpleReply } from '../messages.ts';
import { type SeatEnd, SeatSocket } from '../multiplexing/seat-socket.ts';
import { respType, sessionLimits } from '../protocol.ts';
import type { RedisUpstream } from '../upstream.ts';
import { askPrimaries, type PrimariesAsked, scanPrimaries } from './ask-primaries.ts';
import type { LinkOwner, NodeLink } from './node-link.ts';
import { isError, type Pending, pending, redirectionIn } from './reply.ts';
import { ReplyOrder } from './reply-order.ts';
import { type Route, routeOf, slotOf } from './route.ts';
import { SessionLinks } from './session-links.ts';
import { type NodeName, placeOf, type SlotMap } from './slot-map.ts';

/** A command is sent whole, since it may have to be sent again: this is the longest. */
const mostCommandBytes = 8 * 1_048_576;
const limits = { ...sessionLimits, heldBytes: mostCommandBytes };
/** Nodes that one command may be sent to before somebody is told that the cluster does not know where it belongs. */
const mostRedirections = 5;
const mostUnanswered = 1_024;

const nothing = Buffer.alloc(0);
const asking = commandBytes('ASKING');
const multi = commandBytes('MULTI');

export interface RouterParts {
  readonly map: SlotMap;
  /** Logs in to a node as the session's role. @throws Refusal */
  readonly dial: (name: NodeName) => Promise<RedisUpstream>;
}

/** A transaction of the client: where it runs, once a command has said so. */
interface Transaction {
  readonly node: NodeLink | undefined;
}

/**
 * Plays one server for one session: sends each command to the node that has its key, and gives the replies back in the
 * order of the commands. Whatever cannot be put right (a node lost with commands on it, a reply that nobody asked for)
 * ends the session: no command is ever sent twice unless the node that refused it said that it did not run it.
 */
export class ClusterRouter implements SeatEnd, CommandHandler, LinkOwner {
  readonly #parts: RouterParts;
  readonly #links: SessionLinks;
  readonly #order: ReplyOrder;
  readonly #socket = new SeatSocket(this);
  readonly wire = new Wire(this.#socket);
  readonly #scanner = new CommandScanner(this, limits);
  #transaction: Transaction | undefined;
  #watched: NodeLink | undefined;
  /** Everything goes between the client and the first node, because it listens to channels. */
  #subscriber = false;
  /** A key moved: what is asked about it now must not overtake what is sent again. */
  #settling = false;
  #waitsForLink = false;
  #taken: (() => void) | undefined;
  #over = false;

  constructor(name: NodeName, home: RedisUpstream, parts: RouterParts) {
    this.#parts = parts;
    this.#links = new SessionLinks(name, home, parts.dial, this);
    this.#order = new ReplyOrder(this.#links, (bytes) => {
      if (!this.#over) this.wire.receive(bytes);
    });
  }

  received(bytes: Buffer, taken: () => void): void {
    this.#taken = taken;
    this.#scanner.push(bytes);
    this.#goOn();
  }

  /** Nothing goes on as it came: what is sent was sent when it was decided. */
  command(command: Command): Decision {
    if (this.#settling) return 'stop';
    const sent = this.#route(command);
    return sent === 'wait' ? 'stop' : nothing;
  }

  argument(): number {
    return 0;
  }

  leading(): void {}

  answered(): 'on' {
    return 'on';
  }

  malformed(): void {
    this.#lose();
  }

  get #home(): NodeLink {
    return this.#links.home;
  }

  #route(command: Command): 'sent' | 'wait' {
    const bytes = command.complete ? bytesOf(command) : commandBytes('COMMAND-IS-TOO-LONG-FOR-A-CLUSTER');
    const route: Route = command.complete ? routeOf(command) : { to: 'home' };
    if (this.#subscriber) return this.#toSubscriber(route, bytes);
    if (this.#transaction !== undefined) return this.#inTransaction(route, bytes);
    switch (route.to) {
      case 'slot':
        return this.#toSlot(route, bytes);
      case 'home':
        return this.#toNode(this.#home.name, bytes);
      case 'every_link':
        return this.#toEveryLink(command, bytes);
      case 'every_primary':
        return this.#toPrimaries((asked) => askPrimaries(asked, route.combine, bytes));
      case 'scan':
        return this.#toPrimaries((asked) => scanPrimaries(asked, command));
      case 'subscriber':
        return this.#subscribe(bytes);
      case 'transaction':
        return this.#transactionStep(route.step, command, bytes);
      case 'nowhere':
        return this.#toNode(this.#home.name, commandBytes(route.because));
    }
  }

  /** On one server nothing runs behind a command that waits; on several, what goes to another node would. */
  #toSlot({ slot, waits }: Extract<Route, { to: 'slot' }>, bytes: Buffer): 'sent' | 'wait' {
    const sent = this.#toNode(this.#parts.map.ownerOf(slot) ?? this.#home.name, bytes);
    if (sent === 'sent' && waits) this.#settling = true;
    return sent;
  }

  #toNode(name: NodeName, bytes: Buffer): 'sent' | 'wait' {
    const link = this.#linkOr(name);
    if (link === undefined) return 'wait';
    this.#send(link, pending(bytes));
    return 'sent';
  }

  #transactionStep(
    step: Extract<Route, { to: 'transaction' }>['step'],
    command: Command,
    bytes: Buffer,
  ): 'sent' | 'wait' {
    switch (step) {
      case 'begin':
        // It is known only later where; until then nothing of it has to be anywhere.
        this.#transaction = { node: this.#watched };
        if (this.#watched === undefined) {
          this.#order.addAnswer(simpleReply('OK'));
          this.#advance();
        } else this.#send(this.#watched, pending(bytes, { mayMove: false }));
        return 'sent';
      case 'watch': {
        const slot = slotOf(command, 'WATCH');
        const owner = slot === undefined ? undefined : this.#parts.map.ownerOf(slot);
        const link = this.#watched ?? this.#linkOr(owner ?? this.#home.name);
        if (link === undefined) return 'wait';
        this.#watched = link;
        this.#send(link, pending(bytes, { mayMove: false }));
        return 'sent';
      }
      default: {
        const link = this.#watched ?? this.#home;
        this.#watched = undefined;
        this.#send(link, pending(bytes, { mayMove: false }));
        return 'sent';
      }
    }
  }

  /** The first command with a key says where it runs; others of it that have their keys elsewhere are refused there. */
  #inTransaction(route: Route, bytes: Buffer): 'sent' | 'wait' {
    const node = this.#transaction?.node;
    if (node === undefined) {
      const name = route.to === 'slot' ? this.#parts.map.ownerOf(route.slot) : undefined;
      const link = this.#linkOr(name ?? this.#home.name);
      if (link !== undefined) this.#begin(link);
      return 'wait';
    }
    this.#send(node, pending(bytes, { mayMove: false }));
    if (route.to === 'transaction' && route.step === 'end') {
      this.#transaction = undefined;
      this.#watched = undefined;
    }
    return 'sent';
  }

  /** The client believes that its commands are queued: unless the node agrees they would run at once, one by one. */
  #begin(node: NodeLink): void {
    this.#waitsForLink = true;
    const take = (reply: Buffer) => {
      if (reply[0] === respType.error) {
        this.#lose();
        return;
      }
      this.#transaction = { node };
      this.#linkArrived();
    };
    node.send(pending(multi, { mayMove: false, take }));
  }

  /** Each connection hears it; the client gets the answer of the first one. */
  #toEveryLink(command: Command, bytes: Buffer): 'sent' | 'wait' {
    if (this.#links.dialling) return 'wait';
    const name = nameOf(command, 0);
    for (const link of this.#links.all) {
      if (link === this.#home) continue;
      // What the nodes do not agree on cannot be one session.
      const take = (reply: Buffer) => {
        if (reply[0] === respType.error) this.#lose();
      };
      link.send(pending(bytes, { take }));
    }
    this.#send(this.#home, pending(bytes));
    if (name === 'RESET') this.#watched = undefined;
    return 'sent';
  }

  /** A role that may not read the list of nodes cannot be answered for all of them. */
  #toPrimaries(ask: (asked: PrimariesAsked) => void): 'sent' | 'wait' {
    const primaries = this.#primaryLinks();
    if (primaries === 'wait') return 'wait';
    if (primaries === 'unknown') return this.#listUnknown();
    ask({ primaries, place: (whole) => this.#order.add(whole), answered: () => this.#advance() });
    return 'sent';
  }

  #listUnknown(): 'sent' {
    this.#send(this.#home, pending(commandBytes('ROLE-NEEDS-THE-RIGHT-TO-CLUSTER-NODES-FOR-THIS')));
    return 'sent';
  }

  /** Answers so far must be told before messages can come. */
  #subscribe(bytes: Buffer): 'sent' | 'wait' {
    if (this.#order.length > 0) return 'wait';
    this.#subscriber = true;
    this.#home.raw = true;
    this.#home.upstream.wire.write(bytes);
    return 'sent';
  }

  #toSubscriber(route: Route, bytes: Buffer): 'sent' {
    const fits = route.to === 'subscriber' || route.to === 'home' || route.to === 'every_link';
    const sent = fits ? bytes : commandBytes('A-SUBSCRIBER-OF-A-CLUSTER-HAS-NO-COMMANDS-WITH-KEYS');
    this.#home.upstream.wire.write(sent);
    return 'sent';
  }

  /** The connection to a node; undefined while it is dialled, and then the command comes again. */
  #linkOr(name: NodeName): NodeLink | undefined {
    const link = this.#links.get(name);
    if (link !== undefined) return link;
    this.#waitsForLink = true;
    this.#links.open(name).then(
      () => this.#linkArrived(),
      () => {
        // Somebody else may have its slots now; the first node knows.
        this.#parts.map.forget(name);
        if (name === this.#home.name) this.#lose();
        else this.#linkArrived();
      },
    );
    return undefined;
  }

  #linkArrived(): void {
    this.#waitsForLink = false;
    if (!this.#over) this.#again();
  }

  #primaryLinks(): readonly NodeLink[] | 'wait' | 'unknown' {
    const { primaries } = this.#parts.map;
    if (primaries.length === 0) return 'unknown';
    const links: NodeLink[] = [];
    for (const name of primaries) {
      const link = this.#linkOr(name);
      if (link === undefined) return 'wait';
      links.push(link);
    }
    return links;
  }

  #send(link: NodeLink, command: Pending): void {
    this.#order.add(command);
    link.send(command);
  }

  heard(link: NodeLink, command: Pending): void {
    if (this.#over) return;
    if (command.done && command.take !== undefined) {
      command.take(Buffer.concat(command.chunks));
      return;
    }
    if (command.take !== undefined) return;
    if (command.done && isError(command) && this.#redirected(link, command)) return;
    this.#order.grew(link, command);
    this.#advance();
  }

  /** Sends a command again where the node says. True when the client is told nothing of it. */
  #redirected(link: NodeLink, command: Pending): boolean {
    const redirection = redirectionIn(Buffer.concat(command.chunks));
    if (redirection === undefined) return false;
    const { kind, slot, port } = redirection;
    const name = `${redirection.host || placeOf(link.name).host}:${port}`;
    if (kind === 'moved') this.#parts.map.learn(slot, name);
    if (!command.mayMove || command.redirections >= mostRedirections) return false;
    command.redirections += 1;
    command.chunks = [];
    command.done = false;
    this.#settling = true;
    const known = this.#links.get(name);
    const go = (target: NodeLink) => {
      if (this.#over) return;
      if (kind === 'ask') target.send(pending(asking, { take: () => {} }));
      target.send(command);
    };
    if (known !== undefined) {
      go(known);
      this.#order.readOn();
    } else this.#links.open(name).then(go, () => this.#lose());
    return true;
  }

  heardRaw(bytes: Buffer): void {
    if (!this.#over) this.wire.receive(bytes);
  }

  #advance(): void {
    this.#order.advance();
    if (this.#order.length === 0) this.#settling = false;
    this.#goOn();
  }

  #again(): void {
    if (!this.#scanner.stopped) return;
    this.#scanner.again();
    this.#goOn();
  }

  /** Takes more from the relay, as long as everybody keeps up. */
  #goOn(): void {
    if (this.#over) return;
    if (this.#scanner.stopped) {
      const waits = this.#waitsForLink || this.#settling || this.#links.dialling;
      if (waits || this.#order.length > 0) return;
      this.#again();
      return;
    }
    if (this.#links.congested || this.#order.length >= mostUnanswered) return;
    const taken = this.#taken;
    this.#taken = undefined;
    taken?.();
  }

  drained(): void {
    this.#goOn();
  }

  paused(): void {
    this.#links.pause();
  }

  resumed(): void {
    this.#links.paused = false;
    if (!this.#over) this.#advance();
  }

  /** A node that nothing is asked of may go; the session has no other first node. */
  broken(link: NodeLink): void {
    if (this.#over) return;
    this.#parts.map.forget(link.name);
    const needed = link === this.#home || link === this.#watched || link === this.#transaction?.node;
    if (needed || link.unanswered > 0) {
      this.#lose();
      return;
    }
    this.#links.drop(link);
  }

  #lose(): void {
    this.#socket.destroy();
  }

  closed(): void {
    if (this.#over) return;
    this.#over = true;
    this.#links.close();
  }

  /** Puts every connection back to its state after login. Nothing is unanswered. */
  async reset(): Promise<'clean' | 'dirty'> {
    this.#order.clear();
    this.#transaction = undefined;
    this.#watched = undefined;
    this.#subscriber = false;
    return await this.#links.reset();
  }
}

/** The bytes of a whole command, in a buffer of their own: the one that it came in is used again. */
function bytesOf({ bytes, ends }: Command): Buffer {
  return Buffer.from(bytes.subarray(0, (ends.at(-1) ?? 0) + 2));
}
