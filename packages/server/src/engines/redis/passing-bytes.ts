const nothing = Buffer.alloc(0);

/**
 * The bytes of one direction, as a scanner of RESP goes over them: what it has decided about goes on in pieces as large
 * as they came, or does not; what it could not decide about yet is held until more has come.
 */
export class PassingBytes {
  /** What is looked at: all that was held, and what came last. */
  bytes: Buffer = nothing;
  /** How far the scanner has got in it. */
  at = 0;
  /** Up to here it is decided what goes on. */
  #from = 0;
  #held: Buffer = nothing;
  #out: Buffer = nothing;
  /** Behind `#out`, when what goes on is in pieces. */
  #more: Buffer[] = [];

  get heldBytes(): number {
    return this.#held.length;
  }

  /** More has come. */
  take(chunk: Buffer): void {
    this.bytes = this.#held.length === 0 ? chunk : Buffer.concat([this.#held, chunk]);
    this.at = 0;
    this.#from = 0;
  }

  /** Everything up to `at` goes on. */
  pass(): void {
    if (this.at > this.#from) this.insert(this.#part());
  }

  /** Nothing of it goes on; gives what that is. */
  drop(): Buffer {
    return this.at > this.#from ? this.#part() : nothing;
  }

  /** Nothing of it goes on, and nobody wants it. */
  forget(): void {
    this.#from = this.at;
  }

  /** These go on, behind what has passed. */
  insert(bytes: Buffer): void {
    if (this.#out.length === 0) this.#out = bytes;
    else this.#more.push(bytes);
  }

  /** What goes on of all that came since {@link PassingBytes.take}; what `at` has not reached is held. */
  settle(): Buffer {
    const { bytes, at } = this;
    this.#held = at === bytes.length ? nothing : bytes.subarray(at);
    // Idle sessions are many, and what came last can be 64 KiB.
    this.bytes = nothing;
    let out = this.#out;
    this.#out = nothing;
    if (this.#more.length > 0) {
      out = Buffer.concat([out, ...this.#more]);
      this.#more = [];
    }
    return out;
  }

  /** Takes away what is held behind `offset`; nothing is held then. */
  takeHeld(offset: number): Buffer {
    const rest = this.#held.subarray(offset);
    this.#held = nothing;
    return rest;
  }

  /** Puts back what {@link PassingBytes.takeHeld} took. */
  hold(bytes: Buffer): void {
    this.#held = bytes;
  }

  #part(): Buffer {
    const { bytes, at } = this;
    const part = this.#from === 0 && at === bytes.length ? bytes : bytes.subarray(this.#from, at);
    this.#from = at;
    return part;
  }
}
