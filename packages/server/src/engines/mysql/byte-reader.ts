/**
 * Reads the fields of one packet's payload. What the bytes do not hold throws {@link PayloadTooShort}: the edge that
 * knows whose packet it is turns that into the right error.
 */
export class ByteReader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get left(): number {
    return this.#bytes.length - this.#at;
  }

  /** An unsigned number of 1 to 6 bytes, little-endian. */
  int(size: number): number {
    const start = this.#advance(size);
    return this.#bytes.readUIntLE(start, size);
  }

  bytes(size: number): Buffer {
    const start = this.#advance(size);
    return this.#bytes.subarray(start, start + size);
  }

  /** All that is left. */
  rest(): Buffer {
    return this.bytes(this.left);
  }

  /** A length-encoded integer. One beyond 2^53 cannot be a length of anything that is here. */
  lengthEncoded(): number {
    const first = this.int(1);
    switch (first) {
      case 0xfc:
        return this.int(2);
      case 0xfd:
        return this.int(3);
      case 0xfe: {
        const low = this.int(4);
        return this.int(4) * 2 ** 32 + low;
      }
      default:
        if (first > 0xfa) throw new PayloadTooShort();
        return first;
    }
  }

  lengthEncodedBytes(): Buffer {
    return this.bytes(this.lengthEncoded());
  }

  /** A value of a text row. Byte by byte: what is not ASCII survives the way back. */
  nullableText(): string | null {
    if (this.#bytes[this.#at] !== 0xfb) return this.lengthEncodedBytes().toString('latin1');
    this.#at += 1;
    return null;
  }

  /** The bytes up to a NUL, which is taken too. */
  untilNul(): Buffer {
    const nul = this.#bytes.indexOf(0, this.#at);
    if (nul === -1) throw new PayloadTooShort();
    const value = this.#bytes.subarray(this.#at, nul);
    this.#at = nul + 1;
    return value;
  }

  #advance(size: number): number {
    const start = this.#at;
    if (size > this.left) throw new PayloadTooShort();
    this.#at += size;
    return start;
  }
}

/** A payload ends before its fields do. */
export class PayloadTooShort extends Error {
  override readonly name = 'PayloadTooShort';
}
