import { commandBytes } from '../messages.ts';
import { respType } from '../protocol.ts';

/** Asks for what {@link SlotMap.load} takes. */
export const clusterNodes = commandBytes('CLUSTER', 'NODES');

/** `host:port`; an IPv6 address is not in brackets. */
export type NodeName = string;

const slotCount = 16_384;
const leastMsBetweenReadings = 1_000;

/** Where a node listens. */
export interface NodePlace {
  readonly host: string;
  readonly port: number;
}

/** @throws RangeError for what names no node */
export function placeOf(name: NodeName): NodePlace {
  const colon = name.lastIndexOf(':');
  const [host, port] = [name.slice(0, colon), Number(name.slice(colon + 1))];
  if (colon < 1 || !Number.isInteger(port) || port < 1 || port > 65_535)
    throw new RangeError('no address of a node');
  return { host, port };
}

/**
 * Who serves which slot, as far as anybody told: the list of a node, and redirections since. It may be wrong at any time;
 * a node that is asked for a slot of another says so. Shared by the sessions of one database.
 */
export class SlotMap {
  readonly #owners: (NodeName | undefined)[] = new Array(slotCount).fill(undefined);
  /** Slots whose keys go to another node one after the other, as far as anybody said so. */
  readonly #moving = new Set<number>();
  /** Those of the latest list, in an order that all sessions agree on; empty when nobody may read the list. */
  #primaries: readonly NodeName[] = [];
  /** What a node is called, by its address, where the list gives it a name. */
  #names: ReadonlyMap<NodeName, NodeName> = new Map();
  #readAt = Number.NEGATIVE_INFINITY;

  ownerOf(slot: number): NodeName | undefined {
    return this.#owners[slot];
  }

  /** Whether its node may send one key's command elsewhere, and run that of another. */
  isMoving(slot: number): boolean {
    return this.#moving.has(slot);
  }

  /** Every node that holds keys; empty when that is not known. */
  get primaries(): readonly NodeName[] {
    return this.#primaries;
  }

  /** Whom else to ask when a node is gone. */
  get known(): readonly NodeName[] {
    return [...new Set([...this.#primaries, ...this.#owners.filter((owner) => owner !== undefined)])];
  }

  /** Redirections name nodes by their addresses, certificates by their names. */
  nameOf(address: NodeName): NodeName {
    return this.#names.get(address) ?? address;
  }

  /** Whether the list should be read now, since it has shown to be old: never twice within a second, by all sessions. */
  beginsReading(now: number): boolean {
    if (now - this.#readAt < leastMsBetweenReadings) return false;
    this.#readAt = now;
    return true;
  }

  /** A node said that it has some of the slot's keys no more. */
  learnMoving(slot: number): void {
    this.#moving.add(slot);
  }

  /** A node said that the slot is another one's, with all its keys. */
  learn(slot: number, owner: NodeName): void {
    if (slot >= 0 && slot < slotCount) this.#owners[slot] = owner;
    this.#moving.delete(slot);
    if (this.#primaries.length > 0 && !this.#primaries.includes(owner))
      this.#primaries = [...this.#primaries, owner].sort();
  }

  /** A node does not answer: its slots are nobody's until somebody says whose. */
  forget(owner: NodeName): void {
    for (const [slot, one] of this.#owners.entries()) if (one === owner) this.#owners[slot] = undefined;
    this.#primaries = this.#primaries.filter((one) => one !== owner);
  }

  /**
   * Takes the reply of `asked` to CLUSTER NODES, a bulk string or a verbatim one (RESP3): a line a node, `<id>
   * <address>:<port>@<bus>[,<host name>] <flags> … <link> <slots>…`. A node lists those of its own slots that move,
   * `[<slot>->-<id>]`. Another reply says nothing: a role that may not read the list learns by redirections.
   */
  load(reply: Buffer, asked: NodePlace): void {
    if (reply[0] !== respType.bulk && reply[0] !== respType.verbatim) return;
    const primaries: NodeName[] = [];
    const names = new Map<NodeName, NodeName>();
    for (const line of reply.toString('utf8').split('\n').slice(1)) {
      const [, where = '', flags = '', , , , , link = '', ...slots] = line.trim().split(' ');
      const [, address = '', port = '', name = ''] = /^(.*):(\d+)@\d+(?:,([^,]*))?/.exec(where) ?? [];
      // A node may not know its own address.
      const owner = `${name || address || asked.host}:${port}`;
      if (name !== '') names.set(`${address}:${port}`, owner);
      const isPrimary = flags.split(',').includes('master') && !/fail|noaddr|handshake/.test(flags);
      const ranges = slots.filter((slot) => /^\d+(-\d+)?$/.test(slot));
      if (!isPrimary || ranges.length === 0 || (link !== 'connected' && !flags.includes('myself'))) continue;
      primaries.push(owner);
      for (const range of ranges) {
        const [first = 0, last = first] = range.split('-').map(Number);
        this.#owners.fill(owner, first, Math.min(last, slotCount - 1) + 1);
      }
      if (flags.includes('myself')) this.#loadMoving(owner, slots);
    }
    this.#names = names;
    this.#primaries = primaries.sort();
  }

  /** Of the slots of `owner`, those that it lists as moving and no others. */
  #loadMoving(owner: NodeName, slots: readonly string[]): void {
    for (const slot of [...this.#moving]) if (this.#owners[slot] === owner) this.#moving.delete(slot);
    for (const entry of slots) {
      const [, slot] = /^\[(\d{1,5})->-/.exec(entry) ?? [];
      if (slot !== undefined) this.#moving.add(Number(slot));
    }
  }
}
