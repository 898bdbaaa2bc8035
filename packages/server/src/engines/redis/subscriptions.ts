/** The words of confirmations, by whether they begin or end something, and of what. */
const words: ReadonlyMap<string, { readonly of: Kind; readonly begins: boolean }> = new Map([
  ['subscribe', { of: 'channels', begins: true }],
  ['unsubscribe', { of: 'channels', begins: false }],
  ['psubscribe', { of: 'patterns', begins: true }],
  ['punsubscribe', { of: 'patterns', begins: false }],
  ['ssubscribe', { of: 'shards', begins: true }],
  ['sunsubscribe', { of: 'shards', begins: false }],
]);

type Kind = 'channels' | 'patterns' | 'shards';

/**
 * How much a connection is subscribed to, as the server's confirmations say: without it nobody knows how many answers
 * an UNSUBSCRIBE without channels gets.
 */
export class Subscriptions {
  readonly #counts: Record<Kind, number> = { channels: 0, patterns: 0, shards: 0 };

  get count(): number {
    return this.#counts.channels + this.#counts.patterns + this.#counts.shards;
  }

  /** Whether this word begins a confirmation, and no message. */
  static confirms(word: string): boolean {
    return words.has(word);
  }

  /** How many confirmations a command gets that ends all of them: at least one. */
  confirmationsOfAll(word: string): number {
    const kind = words.get(word)?.of;
    return Math.max(1, kind === undefined ? 0 : this.#counts[kind]);
  }

  /** A confirmation. `total` counts channels and patterns together, shard channels alone. */
  confirmed(word: string, total: number): void {
    switch (words.get(word)?.of) {
      case 'channels':
        this.#counts.channels = Math.max(0, total - this.#counts.patterns);
        break;
      case 'patterns':
        this.#counts.patterns = Math.max(0, total - this.#counts.channels);
        break;
      case 'shards':
        this.#counts.shards = total;
        break;
    }
  }

  /** RESET ended all of them. */
  clear(): void {
    this.#counts.channels = 0;
    this.#counts.patterns = 0;
    this.#counts.shards = 0;
  }
}
