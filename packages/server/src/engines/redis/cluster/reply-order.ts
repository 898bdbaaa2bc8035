import type { NodeLink } from './node-link.ts';
import { isError, type Pending } from './reply.ts';
import type { SessionLinks } from './session-links.ts';

/** Bytes of replies that wait for their turn, of one node, before that node is not read any more. */
const mostWaiting = 1_048_576;

/**
 * What the client is told next. Replies come from several nodes as they like; each is told in the turn of its command,
 * and a node whose replies come too early is read no further until they have room.
 */
export class ReplyOrder {
  readonly #links: SessionLinks;
  readonly #tell: (bytes: Buffer) => void;
  #order: Pending[] = [];

  constructor(links: SessionLinks, tell: (bytes: Buffer) => void) {
    this.#links = links;
    this.#tell = tell;
  }

  /** Replies that the client has not got as a whole. */
  get length(): number {
    return this.#order.length;
  }

  /** Whether everything before it is answered. */
  isNext(command: Pending): boolean {
    return this.#order[0] === command;
  }

  add(command: Pending): void {
    this.#order.push(command);
  }

  /** Its answer comes as something else than a reply. */
  remove(command: Pending): void {
    this.#order = this.#order.filter((one) => one !== command);
  }

  /** More of a reply is here than was told. */
  grew(link: NodeLink, command: Pending): void {
    if (this.#order[0] === command) return;
    link.waitingBytes += command.chunks.at(-1)?.length ?? 0;
    if (link.waitingBytes > mostWaiting && !this.#sentAgain) link.upstream.wire.socket.pause();
  }

  /** What is next stands behind other replies of its node, which must come in before their turn. */
  get #sentAgain(): boolean {
    const [head] = this.#order;
    return head !== undefined && head.redirections + head.repetitions > 0;
  }

  /** Tells what is its turn, and reads on. */
  advance(): void {
    while (!this.#links.paused) {
      const [head] = this.#order;
      if (head === undefined) break;
      // An error is looked at as a whole: it may be no answer at all, but send us elsewhere.
      if (!head.done && isError(head)) break;
      const { chunks } = head;
      head.chunks = [];
      head.begun ||= chunks.length > 0;
      for (const chunk of chunks) this.#tell(chunk);
      if (!head.done) break;
      this.#order.shift();
    }
    if (this.#order.length === 0) for (const link of this.#links.all) link.waitingBytes = 0;
    this.readOn();
  }

  /** Reads the nodes whose replies have room again. */
  readOn(): void {
    if (this.#links.paused) return;
    const [head] = this.#order;
    for (const link of this.#links.all) {
      if (head !== undefined && link.awaits(head)) link.waitingBytes = 0;
      if (link.waitingBytes <= mostWaiting || this.#sentAgain) link.upstream.wire.socket.resume();
    }
  }

  clear(): void {
    this.#order = [];
  }
}
