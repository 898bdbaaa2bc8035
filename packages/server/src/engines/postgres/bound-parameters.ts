/** Stands behind a value that was cut because the record of one statement is bounded. */
const cutMark = '…';

/**
 * Shows the parameters of a Bind or FunctionCall message for a record: text as it is, the common binary types as
 * their text form, anything else as `\x` and hex. `at` is where the format codes begin. Only the bytes up to `end`
 * are looked at: a value beyond them is cut, and those that follow it are shown as the mark alone.
 */
export function boundParameters(
  bytes: Buffer,
  at: number,
  end: number,
  types: readonly number[],
): readonly (string | null)[] {
  const reader = new BoundedReader(bytes, at, end);
  const formats: number[] = [];
  for (let left = reader.int16(); left > 0 && !reader.short; left -= 1) formats.push(reader.int16());
  const values: (string | null)[] = [];
  for (let left = reader.int16(), index = 0; left > 0; left -= 1, index += 1) {
    const size = reader.int32();
    if (reader.short) {
      // Values that did not fit are counted by one mark.
      values.push(cutMark);
      break;
    }
    if (size < 0) {
      values.push(null);
      continue;
    }
    // One format code stands for all parameters; none means text.
    const binary = (formats.length === 1 ? formats[0] : formats[index]) === 1;
    const { start, stop } = reader.take(size);
    const whole = stop - start === size;
    values.push(
      (binary ? binaryText(bytes, start, stop, types[index] ?? 0) : bytes.toString('utf8', start, stop)) +
        (whole ? '' : cutMark),
    );
  }
  return values;
}

/** Reads numbers that may not be there; then they are 0 and `short` is true. */
class BoundedReader {
  readonly #bytes: Buffer;
  readonly #end: number;
  #at: number;
  short = false;

  constructor(bytes: Buffer, at: number, end: number) {
    this.#bytes = bytes;
    this.#at = at;
    this.#end = end;
  }

  int16(): number {
    if (!this.#has(2)) return 0;
    this.#at += 2;
    return this.#bytes.readInt16BE(this.#at - 2);
  }

  int32(): number {
    if (!this.#has(4)) return 0;
    this.#at += 4;
    return this.#bytes.readInt32BE(this.#at - 4);
  }

  /** The next `size` bytes, or as many of them as there are. */
  take(size: number): { readonly start: number; readonly stop: number } {
    const start = this.#at;
    this.#at = Math.min(start + size, this.#end);
    return { start, stop: this.#at };
  }

  #has(size: number): boolean {
    if (this.#at + size <= this.#end) return true;
    this.short = true;
    return false;
  }
}

/** Object ids of types, from PostgreSQL's catalog pg_type.dat; they never change. */
const type = {
  bool: 16,
  char: 18,
  name: 19,
  int8: 20,
  int2: 21,
  int4: 23,
  text: 25,
  oid: 26,
  json: 114,
  float4: 700,
  float8: 701,
  bpchar: 1042,
  varchar: 1043,
  date: 1082,
  timestamp: 1114,
  timestamptz: 1184,
  uuid: 2950,
  jsonb: 3802,
} as const;

/** PostgreSQL counts from 2000-01-01. */
const epochMs = Date.UTC(2000, 0, 1);
const dayMs = 86_400_000;

function binaryText(bytes: Buffer, start: number, stop: number, oid: number): string {
  const size = stop - start;
  switch (oid) {
    case type.text:
    case type.varchar:
    case type.bpchar:
    case type.name:
    case type.char:
    case type.json:
      return bytes.toString('utf8', start, stop);
    case type.jsonb:
      if (size > 0) return bytes.toString('utf8', start + 1, stop);
      break;
    case type.bool:
      if (size === 1) return bytes[start] === 0 ? 'f' : 't';
      break;
    case type.int2:
      if (size === 2) return String(bytes.readInt16BE(start));
      break;
    case type.int4:
      if (size === 4) return String(bytes.readInt32BE(start));
      break;
    case type.oid:
      if (size === 4) return String(bytes.readUInt32BE(start));
      break;
    case type.int8:
      if (size === 8) return String(bytes.readBigInt64BE(start));
      break;
    case type.float4:
      if (size === 4) return String(bytes.readFloatBE(start));
      break;
    case type.float8:
      if (size === 8) return String(bytes.readDoubleBE(start));
      break;
    case type.uuid:
      if (size === 16) return uuidText(bytes.toString('hex', start, stop));
      break;
    case type.date: {
      const shown = size === 4 ? isoText(epochMs + bytes.readInt32BE(start) * dayMs) : undefined;
      if (shown !== undefined) return shown.slice(0, 10);
      break;
    }
    case type.timestamp:
    case type.timestamptz: {
      const shown = size === 8 ? microsecondsText(bytes.readBigInt64BE(start)) : undefined;
      if (shown !== undefined) return oid === type.timestamptz ? `${shown}Z` : shown;
      break;
    }
  }
  return `\\x${bytes.toString('hex', start, stop)}`;
}

function uuidText(hex: string): string {
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}

/** Undefined beyond what a Date can hold, which includes PostgreSQL's infinities. */
function isoText(ms: number): string | undefined {
  return Math.abs(ms) <= 8.64e15 ? new Date(ms).toISOString() : undefined;
}

function microsecondsText(microseconds: bigint): string | undefined {
  const ms = microseconds / 1000n;
  const below = microseconds % 1000n;
  // Division of bigints goes towards zero; the fraction of a second must not be negative.
  const floor = below < 0n ? ms - 1n : ms;
  const fraction = String(below < 0n ? below + 1000n : below).padStart(3, '0');
  const iso = isoText(epochMs + Number(floor));
  return iso === undefined ? undefined : `${iso.slice(0, -1)}${fraction}`;
}
