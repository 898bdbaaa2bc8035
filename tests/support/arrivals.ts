/** What has come over a connection, in its order, for a reader who takes one after the other. */
export class Arrivals<Item> {
  #items: Item[] = [];
  #taken = 0;
  #ended = false;
  #wake: () => void = () => {};

  /** True once {@link Arrivals.end} was called. */
  get ended(): boolean {
    return this.#ended;
  }

  add(item: Item): void {
    this.#items.push(item);
    this.#wake();
  }

  /** No more will come. */
  end(): void {
    this.#ended = true;
    this.#wake();
  }

  /** The next one. One reader at a time. @throws when the connection is over before it */
  async next(): Promise<Item> {
    for (;;) {
      const item = this.#items[this.#taken];
      if (item !== undefined) {
        this.#taken += 1;
        // Not one by one: shifting a long array costs as much as it is long.
        if (this.#taken === this.#items.length) {
          this.#items = [];
          this.#taken = 0;
        }
        return item;
      }
      if (this.#ended) throw new Error('the server closed the connection');
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }
}
