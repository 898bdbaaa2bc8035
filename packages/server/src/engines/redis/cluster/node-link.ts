import { ReplySplitter } from '../multiplexing/reply-splitter.ts';
import { respType } from '../protocol.ts';
import type { RedisUpstream } from '../upstream.ts';
import type { Pending } from './reply.ts';
import type { NodeName } from './slot-map.ts';

/** Who is told of what a node says. */
export interface LinkOwner {
  /** The session has logged in to another node. Nothing was sent to it yet. */
  met(link: NodeLink): void;
  /** Something of a reply came; all of it when it is `done`. */
  heard(link: NodeLink, pending: Pending): void;
  /** The node has taken a subscription: from now on this link is read as it comes. */
  subscribed(pending: Pending, link: NodeLink): void;
  /** Bytes of such a link. */
  heardRaw(bytes: Buffer): void;
  /** The connection is over, or says what nobody asked for. */
  broken(link: NodeLink): void;
  drained(): void;
}

/** The session's connection to one node: what was sent on it and not answered yet, in order. */
export class NodeLink {
  readonly name: NodeName;
  readonly upstream: RedisUpstream;
  readonly #owner: LinkOwner;
  #splitter = new ReplySplitter();
  #pending: Pending[] = [];
  /** What the node says goes to the client as it comes. */
  raw = false;
  /** Bytes of replies whose turn has not come. */
  waitingBytes = 0;

  constructor(name: NodeName, upstream: RedisUpstream, owner: LinkOwner) {
    this.name = name;
    this.upstream = upstream;
    this.#owner = owner;
    this.listen();
  }

  /** Whether this is what the node answers next. */
  awaits(pending: Pending): boolean {
    return this.#pending[0] === pending;
  }

  get unanswered(): number {
    return this.#pending.length;
  }

  /** Takes the connection, at first and after a reset. */
  listen(): void {
    this.raw = false;
    this.#pending = [];
    this.#splitter = new ReplySplitter();
    this.upstream.lend({
      received: (bytes) => this.#received(bytes),
      ended: () => this.#owner.broken(this),
      drained: () => this.#owner.drained(),
    });
  }

  /** False asks to wait for {@link LinkOwner.drained}. */
  send(pending: Pending): boolean {
    this.#pending.push(pending);
    return this.upstream.wire.write(pending.bytes);
  }

  #received(bytes: Buffer): void {
    if (this.raw) {
      this.#owner.heardRaw(bytes);
      return;
    }
    const [next] = this.#pending;
    if (next?.subscribes && bytes[0] !== respType.error) {
      this.#pending = [];
      this.raw = true;
      this.#owner.subscribed(next, this);
      this.#owner.heardRaw(bytes);
      return;
    }
    let from = 0;
    let nobodys = false;
    const outcome = this.#splitter.push(bytes, (at) => {
      const pending = this.#pending.shift();
      if (pending === undefined) {
        nobodys = true;
        return;
      }
      pending.chunks.push(bytes.subarray(from, at));
      pending.done = true;
      from = at;
      this.#owner.heard(this, pending);
    });
    const [head] = this.#pending;
    if (outcome === 'broken' || nobodys || (head === undefined && from < bytes.length)) {
      this.#owner.broken(this);
    } else if (head !== undefined && from < bytes.length) {
      head.chunks.push(bytes.subarray(from));
      this.#owner.heard(this, head);
    }
  }
}
