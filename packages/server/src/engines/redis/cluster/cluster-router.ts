import { Wire } from '../../framing/index.ts';
import { type Command, commandCopy } from '../command.ts';
import type { UpstreamIdentity } from '../login-commands.ts';
import { commandBytes } from '../messages.ts';
import { type SeatEnd, SeatSocket } from '../multiplexing/seat-socket.ts';
import type { RedisUpstream } from '../upstream.ts';
import { Channels } from './channels.ts';
import { CommandIntake, type CommandTaker } from './command-intake.ts';
import { Detours } from './detours.ts';
import { type Effect, reads } from './effect.ts';
import { askPrimaries, scanPrimaries, tellEveryLink } from './every-node.ts';
import { LongCommand } from './long-command.ts';
import type { LinkOwner, NodeLink } from './node-link.ts';
import { isError, type Pending, pending, takeReply } from './reply.ts';
import { ReplyOrder } from './reply-order.ts';
import { type Route, routeOf } from './route.ts';
import type { RoutedSession, Sent } from './routed-session.ts';
import { RunningOrder } from './running-order.ts';
import { Sayings, sayingOf } from './sayings.ts';
import { SessionLinks } from './session-links.ts';
import type { NodeName, SlotMap } from './slot-map.ts';
import { Transactions } from './transactions.ts';

const mostUnanswered = 1_024;

interface RouterParts {
  readonly map: SlotMap;
  /** Logs in to a node as the session's role. @throws Refusal */
  readonly dial: (name: NodeName) => Promise<RedisUpstream>;
}

/**
 * Plays one server for one session: sends each command to the node that has its key, and gives the replies back in the
 * order of the commands. Whatever cannot be put right (a node lost with commands on it, a reply that nobody asked for)
 * ends the session: no command is ever sent twice unless the node that refused it said that it did not run it.
 */
export class ClusterRouter implements SeatEnd, CommandTaker, LinkOwner, RoutedSession {
  readonly map: SlotMap;
  readonly #links: SessionLinks;
  readonly #order: ReplyOrder;
  readonly #running = new RunningOrder();
  readonly #detours: Detours;
  readonly #channels = new Channels(this);
  readonly #sayings = new Sayings();
  readonly #transactions = new Transactions(this);
  readonly #long = new LongCommand(this, this.#transactions);
  readonly #socket = new SeatSocket(this);
  readonly wire = new Wire(this.#socket);
  readonly #intake = new CommandIntake(this, this.#long);
  over = false;

  constructor(name: NodeName, first: RedisUpstream, { map, dial }: RouterParts) {
    this.map = map;
    this.#links = new SessionLinks(name, first, dial, this);
    this.#order = new ReplyOrder(this.#links, (bytes) => {
      if (!this.over) this.wire.receive(bytes);
    });
    const isBusy = (link: NodeLink) => link.raw || this.#long.isFor(link) || this.#transactions.needs(link);
    this.#detours = new Detours({ session: this, links: this.#links, order: this.#order, isBusy });
  }

  get home(): NodeName {
    return this.#links.home;
  }

  get unanswered(): number {
    return this.#order.length;
  }

  received(bytes: Buffer, taken: () => void): void {
    this.#intake.received(bytes, taken);
  }

  get full(): boolean {
    return this.#links.congested || this.#order.length >= mostUnanswered;
  }

  get mayGoOn(): boolean {
    return !this.#links.dialling && this.#order.length === 0;
  }

  take(command: Command): Sent | 'streams' {
    const listensTo = this.#channels.node;
    if (listensTo !== undefined) return this.#channels.say(listensTo, command);
    if (!command.complete) return this.#long.begin(command);
    const bytes = commandCopy(command);
    const route = routeOf(command);
    if (route.to === 'reset') {
      this.#transactions.clear();
      this.#sayings.clear();
    }
    if (this.#transactions.open) return this.#transactions.queue(route, bytes) === 'wait' ? 'wait' : 'sent';
    switch (route.to) {
      case 'slot':
        return this.#toSlot(route, bytes);
      case 'home':
        return this.#toHome(bytes, route.effect);
      case 'every_link':
      case 'reset':
        return this.#toEveryLink(command, bytes);
      case 'every_primary':
        return askPrimaries(this, route.combine, bytes);
      case 'scan':
        return scanPrimaries(this, command);
      case 'subscriber':
        return this.#channels.subscribe(route, bytes);
      case 'transaction':
        return this.#transactions.step(route, command, bytes);
      case 'nowhere':
        return this.#toHome(commandBytes(route.because), reads);
    }
  }

  #toEveryLink(command: Command, bytes: Buffer): Sent {
    if (this.#links.dialling) return 'wait';
    const saying = sayingOf(command, bytes);
    return tellEveryLink(this, this.#links.all, bytes, () => {
      if (saying !== undefined) this.#sayings.took(saying);
    });
  }

  /** On one server nothing runs behind a command that waits; on several, what goes to another node would. */
  #toSlot({ slot, effect, waits }: Extract<Route, { to: 'slot' }>, bytes: Buffer): Sent {
    const link = this.linkOr(this.ownerOf(slot));
    if (link === undefined || !this.mayRunBeside(link, effect)) return 'wait';
    const here = this.map.isMoving(slot) ? { ...effect, mayBePutOff: true } : effect;
    this.send(link, pending(bytes, { slot, effect: here }));
    if (waits) this.settle();
    return 'sent';
  }

  #toHome(bytes: Buffer, effect: Effect): Sent {
    const link = this.linkOr(this.home);
    if (link === undefined || !this.mayRunBeside(link, effect)) return 'wait';
    this.send(link, pending(bytes, { effect }));
    return 'sent';
  }

  mayRunBeside(link: NodeLink, effect: Effect): boolean {
    return this.#running.allows(link, effect);
  }

  subscribed(command: Pending, link: NodeLink): void {
    this.#order.remove(command);
    this.#channels.listen(link);
    this.advance();
  }

  ownerOf(slot: number | undefined): NodeName {
    return (slot === undefined ? undefined : this.map.ownerOf(slot)) ?? this.home;
  }

  linkOr(name: NodeName): NodeLink | undefined {
    const link = this.#links.get(name);
    if (link !== undefined) return link;
    this.hold();
    this.#links.open(name).then(
      () => this.goOn(),
      () => this.#unreachable(name),
    );
    return undefined;
  }

  /** Somebody else may have its slots now: another node knows. */
  #unreachable(name: NodeName): void {
    this.map.forget(name);
    const first = this.#links.get(this.home);
    if (first !== undefined) this.#detours.refresh(first);
    const [next] = this.map.known;
    if (name === this.home && next !== undefined) this.#links.home = next;
    if (name === this.home) this.lose();
    else this.goOn();
  }

  settle(): void {
    this.#intake.settle();
  }

  hold(): void {
    this.#intake.hold();
  }

  goOn(): void {
    this.#intake.release();
  }

  send(link: NodeLink, command: Pending): void {
    this.#running.sent(link, command.effect);
    this.#order.add(command);
    link.send(command);
  }

  place(whole: Pending): void {
    this.#running.sent('several', whole.effect);
    this.#order.add(whole);
  }

  met(link: NodeLink): void {
    this.#sayings.tell(link, () => this.lose());
  }

  heard(link: NodeLink, command: Pending): void {
    if (this.over) return;
    if (command.take !== undefined) {
      takeReply(command);
      if (command.done) this.#channels.answered(link);
      return;
    }
    if (command.done && isError(command) && this.#detours.take(link, command)) return;
    this.#order.grew(link, command);
    this.advance();
  }

  heardRaw(bytes: Buffer): void {
    if (!this.over) this.wire.receive(bytes);
  }

  advance(): void {
    this.#order.advance();
    this.#detours.goOn();
    if (this.#order.length === 0) {
      this.#intake.settled();
      this.#running.clear();
    }
    this.#intake.goOn();
  }

  drained(): void {
    this.#intake.goOn();
  }

  paused(): void {
    this.#links.pause();
  }

  resumed(): void {
    this.#links.paused = false;
    if (!this.over) this.advance();
  }

  /** A node that has nothing of the client may go. */
  broken(link: NodeLink): void {
    if (this.over) return;
    this.map.forget(link.name);
    if (link.raw || this.#transactions.needs(link) || link.unanswered > 0) {
      this.lose();
      return;
    }
    this.#links.drop(link);
    const [other] = this.#links.all;
    if (other !== undefined) this.#detours.refresh(other);
  }

  lose(): void {
    this.#socket.destroy();
  }

  closed(): void {
    if (this.over) return;
    this.over = true;
    this.#links.close();
  }

  /** The session was signed in again at every node. */
  renewed(fresh: Pick<UpstreamIdentity, 'password' | 'renewal'>): void {
    for (const { upstream } of this.#links.all) upstream.renewed(fresh);
  }

  /** Puts every connection back to its state after login. Nothing is unanswered. */
  async reset(): Promise<'clean' | 'dirty'> {
    this.#order.clear();
    this.#detours.clear();
    this.#running.clear();
    this.#transactions.clear();
    this.#channels.clear();
    this.#sayings.clear();
    return await this.#links.reset();
  }
}
