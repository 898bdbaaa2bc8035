import { isPlain, jsonText } from './json-text.ts';

const [quote, dot, zero] = [0x22, 0x2e, 0x30];

/** A slow disk makes it grow, and growing often is what reuse is to spare. Bytes. */
const mostKept = 16 * 1024 * 1024;

/**
 * JSON in the making, as the bytes that will stand in the file. A line that is put together as a string is joined,
 * copied and encoded afterwards: with that, sealing a statement took two thirds longer.
 */
export class JsonBytes {
  readonly #room: number;
  #bytes: Buffer;
  #length = 0;

  /** Keeps room for so many bytes, and takes more while it needs it. */
  constructor(room: number) {
    this.#room = room;
    this.#bytes = Buffer.allocUnsafeSlow(room);
  }

  get length(): number {
    return this.#length;
  }

  /** What stands between two places. It stays as it is, whatever is written behind it. */
  slice(from: number, to: number): Buffer {
    return this.#bytes.subarray(from, to);
  }

  /** Takes so many bytes off the beginning; slices are of no use then. Room beyond 16 MiB is given back. */
  drop(count: number): void {
    const left = this.#length - count;
    const from = this.#bytes;
    if (from.length > mostKept && left <= this.#room) this.#bytes = Buffer.allocUnsafeSlow(this.#room);
    from.copy(this.#bytes, 0, count, this.#length);
    this.#length = left;
  }

  /** Takes back what was written since it was so long. */
  cut(length: number): void {
    this.#length = length;
  }

  /** ASCII as it is. */
  ascii(text: string): void {
    this.#need(text.length);
    this.#length += this.#bytes.write(text, this.#length, 'latin1');
  }

  /** Any text as it is. */
  utf8(text: string): void {
    // A UTF-16 unit takes three bytes at most.
    this.#need(text.length * 3);
    this.#length += this.#bytes.write(text, this.#length, 'utf8');
  }

  /** Bytes as they are. */
  raw(bytes: Buffer): void {
    this.#need(bytes.length);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  /** A text in quotes, as {@link jsonText} has it: cut at `limit` characters. */
  text(text: string, limit: number): void {
    if (text.length > limit || !isPlain(text)) {
      this.utf8(jsonText(text, limit));
      return;
    }
    this.#need(text.length + 2);
    const bytes = this.#bytes;
    bytes[this.#length] = quote;
    const end = this.#length + 1 + bytes.write(text, this.#length + 1, 'latin1');
    bytes[end] = quote;
    this.#length = end + 1;
  }

  /** A number, as JSON has it: of a count that a server gave nobody knows that it is whole. */
  number(value: number): void {
    if (!(value >= 0 && Number.isSafeInteger(value))) {
      this.utf8(JSON.stringify(value));
      return;
    }
    let digits = 1;
    for (let rest = value; rest >= 10; rest = Math.floor(rest / 10)) digits += 1;
    this.#need(digits);
    const bytes = this.#bytes;
    let rest = value;
    for (let at = this.#length + digits - 1; at >= this.#length; at -= 1) {
      const tens = Math.floor(rest / 10);
      bytes[at] = zero + (rest - tens * 10);
      rest = tens;
    }
    this.#length += digits;
  }

  /** Milliseconds with three decimals, which is what the clock is good for. */
  milliseconds(ms: number): void {
    const microseconds = Math.round(ms * 1000);
    if (!(microseconds >= 0 && microseconds <= Number.MAX_SAFE_INTEGER)) {
      this.utf8(JSON.stringify(microseconds / 1000));
      return;
    }
    const whole = Math.floor(microseconds / 1000);
    this.number(whole);
    let rest = microseconds - whole * 1000;
    if (rest === 0) return;
    this.#need(4);
    const bytes = this.#bytes;
    let at = this.#length;
    bytes[at++] = dot;
    for (let unit = 100; rest > 0; unit /= 10) {
      const digit = Math.floor(rest / unit);
      bytes[at++] = zero + digit;
      rest -= digit * unit;
    }
    this.#length = at;
  }

  #need(room: number): void {
    const wanted = this.#length + room;
    if (wanted <= this.#bytes.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(this.#bytes.length * 2, wanted));
    this.#bytes.copy(larger, 0, 0, this.#length);
    this.#bytes = larger;
  }
}
