/** `host:port`; an IPv6 address is not in brackets. */
export type NodeName = string;

export const slotCount = 16_384;

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
  /** Those of the latest list, in an order that all sessions agree on; empty when nobody may read the list. */
  #primaries: readonly NodeName[] = [];

  ownerOf(slot: number): NodeName | undefined {
    return this.#owners[slot];
  }

  /** Every node that holds keys; empty when that is not known. */
  get primaries(): readonly NodeName[] {
    return this.#primaries;
  }

  /** Whom else to ask when a node is gone. */
  get known(): readonly NodeName[] {
    return [...new Set([...this.#primaries, ...this.#owners.filter((owner) => owner !== undefined)])];
  }

  learn(slot: number, owner: NodeName): void {
    if (slot >= 0 && slot < slotCount) this.#owners[slot] = owner;
    if (this.#primaries.length > 0 && !this.#primaries.includes(owner))
      this.#primaries = [...this.#primaries, owner].sort();
  }

  /** A node does not answer: its slots are nobody's until somebody says whose. */
  forget(owner: NodeName): void {
    for (const [slot, one] of this.#owners.entries()) if (one === owner) this.#owners[slot] = undefined;
    this.#primaries = this.#primaries.filter((one) => one !== owner);
  }

  /**
   * Takes the answer to CLUSTER NODES, of `asked`: a line a node, `<id> <address>:<port>@<bus>[,<host name>] <flags> … <link>
   * <slots>…`. The host name, when there is one, is what a certificate names.
   */
  load(answer: string, asked: NodePlace): void {
    const primaries: NodeName[] = [];
    for (const line of answer.split('\n')) {
      const [, where = '', flags = '', , , , , link = '', ...slots] = line.trim().split(' ');
      const [, address = '', port = '', name = ''] = /^(.*):(\d+)@\d+(?:,([^,]*))?/.exec(where) ?? [];
      const isPrimary = flags.split(',').includes('master') && !/fail|noaddr|handshake/.test(flags);
      const ranges = slots.filter((slot) => /^\d+(-\d+)?$/.test(slot));
      if (!isPrimary || ranges.length === 0 || (link !== 'connected' && !flags.includes('myself'))) continue;
      // A node may not know its own address.
      const owner = `${name || address || asked.host}:${port}`;
      primaries.push(owner);
      for (const range of ranges) {
        const [first = 0, last = first] = range.split('-').map(Number);
        this.#owners.fill(owner, first, Math.min(last, slotCount - 1) + 1);
      }
    }
    this.#primaries = primaries.sort();
  }
}
