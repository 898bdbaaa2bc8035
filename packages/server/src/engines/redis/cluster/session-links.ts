import type { RedisUpstream } from '../upstream.ts';
import { type LinkOwner, NodeLink } from './node-link.ts';
import type { NodeName } from './slot-map.ts';

/** The connections of one session: one to each node that it needed. */
export class SessionLinks {
  /** Whom everything goes to that any node answers: where the session began, and when that is gone, another one. */
  home: NodeName;
  readonly #owner: LinkOwner;
  readonly #dial: (name: NodeName) => Promise<RedisUpstream>;
  readonly #links = new Map<NodeName, NodeLink>();
  readonly #dialling = new Map<NodeName, Promise<NodeLink>>();
  /** The client takes nothing in just now. */
  paused = false;
  #closed = false;

  constructor(
    name: NodeName,
    first: RedisUpstream,
    dial: (name: NodeName) => Promise<RedisUpstream>,
    owner: LinkOwner,
  ) {
    this.#dial = dial;
    this.#owner = owner;
    this.home = name;
    this.#links.set(name, new NodeLink(name, first, owner));
  }

  get all(): Iterable<NodeLink> {
    return this.#links.values();
  }

  /** Whether another one is on its way. */
  get dialling(): boolean {
    return this.#dialling.size > 0;
  }

  /** Whether some node does not take in what was sent. */
  get congested(): boolean {
    return [...this.#links.values()].some(({ upstream }) => upstream.wire.socket.writableNeedDrain);
  }

  get(name: NodeName): NodeLink | undefined {
    return this.#links.get(name);
  }

  /** Logs in to a node; callers at the same time share one connection. @throws Refusal */
  open(name: NodeName): Promise<NodeLink> {
    const running =
      this.#dialling.get(name) ??
      this.#dial(name)
        .then((upstream) => this.#add(name, upstream))
        .finally(() => this.#dialling.delete(name));
    this.#dialling.set(name, running);
    return running;
  }

  #add(name: NodeName, upstream: RedisUpstream): NodeLink {
    if (this.#closed) upstream.close();
    const link = new NodeLink(name, upstream, this.#owner);
    this.#links.set(name, link);
    if (this.paused) upstream.wire.socket.pause();
    this.#owner.met(link);
    return link;
  }

  drop(link: NodeLink): void {
    link.upstream.close();
    this.#remove(link.name);
  }

  /** Another one that is connected takes the part of the first node. */
  #remove(name: NodeName): void {
    this.#links.delete(name);
    if (this.home !== name) return;
    const [next] = this.#links.keys();
    if (next !== undefined) this.home = next;
  }

  pause(): void {
    this.paused = true;
    for (const { upstream } of this.#links.values()) upstream.wire.socket.pause();
  }

  close(): void {
    this.#closed = true;
    for (const { upstream } of this.#links.values()) upstream.close();
  }

  /** Puts every connection back to its state after login; those that cannot be are closed. */
  async reset(): Promise<'clean' | 'dirty'> {
    for (const link of [...this.#links.values()]) {
      const outcome = await link.upstream.reset();
      if (outcome === 'clean') link.listen();
      else this.#remove(link.name);
    }
    return this.#links.size > 0 ? 'clean' : 'dirty';
  }
}
