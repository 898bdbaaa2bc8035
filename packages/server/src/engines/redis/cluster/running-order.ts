import type { Effect } from './effect.ts';
import type { NodeLink } from './node-link.ts';

/**
 * Whether a command may be sent while others have no answer yet. On one server the commands of a connection run in their
 * order, and somebody who sees what a later one wrote sees what an earlier one wrote, too. Several nodes run what they
 * get as they like, so that only these go together: commands for one node, which runs them in their order unless it puts
 * one off; and commands that only read, wherever they are.
 */
export class RunningOrder {
  /** Where all of them are; `several` when they are at more than one node. */
  #at: NodeLink | 'several' | undefined;
  #reads = true;
  #mayBePutOff = false;

  /** Everything is answered. */
  clear(): void {
    this.#at = undefined;
    this.#reads = true;
    this.#mayBePutOff = false;
  }

  allows(link: NodeLink, { reads }: Effect): boolean {
    if (this.#at === undefined || (this.#reads && reads)) return true;
    return this.#at === link && !this.#mayBePutOff;
  }

  sent(link: NodeLink | 'several', { reads, mayBePutOff }: Effect): void {
    this.#at = this.#at === undefined || this.#at === link ? link : 'several';
    this.#reads &&= reads;
    this.#mayBePutOff ||= mayBePutOff;
  }
}
