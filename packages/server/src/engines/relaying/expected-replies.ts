/**
 * The client's messages that the server has not answered yet, in order: their type bytes (never 0) and what they are
 * about. A ring that grows, so that a pipeline costs no allocation a message.
 */
export class ExpectedReplies<Asked> {
  #types = new Uint8Array(16);
  #asked: (Asked | undefined)[] = new Array(16).fill(undefined);
  #head = 0;
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** Type of the message that the server answers next; 0 when there is none. */
  get nextType(): number {
    return this.#length === 0 ? 0 : (this.#types[this.#head] ?? 0);
  }

  /** What that message is about. */
  get next(): Asked | undefined {
    return this.#length === 0 ? undefined : this.#asked[this.#head];
  }

  add(type: number, asked: Asked | undefined): void {
    if (this.#length === this.#types.length) this.#grow();
    const at = (this.#head + this.#length) & (this.#types.length - 1);
    this.#types[at] = type;
    this.#asked[at] = asked;
    this.#length += 1;
  }

  /** Drops the next one. */
  shift(): void {
    if (this.#length === 0) return;
    this.#asked[this.#head] = undefined;
    this.#head = (this.#head + 1) & (this.#types.length - 1);
    this.#length -= 1;
  }

  /** Keeps the next one, and of those behind it the ones for which `keep` is true; goes through them in order. */
  filterBehindNext(keep: (type: number) => boolean): void {
    const all = [...this.entries()];
    this.#length = 0;
    all.forEach(([type, asked], at) => {
      if (at === 0 || keep(type)) this.add(type, asked);
    });
  }

  /** In order, for the rare cases that look at all of them. */
  *entries(): Iterable<readonly [type: number, asked: Asked | undefined]> {
    for (let offset = 0; offset < this.#length; offset += 1) {
      const at = (this.#head + offset) & (this.#types.length - 1);
      yield [this.#types[at] ?? 0, this.#asked[at]];
    }
  }

  #grow(): void {
    const all = [...this.entries()];
    this.#types = new Uint8Array(this.#types.length * 2);
    this.#asked = new Array(this.#types.length).fill(undefined);
    this.#head = 0;
    this.#length = 0;
    for (const [type, asked] of all) this.add(type, asked);
  }
}
