import { isUtf8 } from 'node:buffer';
import { ByteReader, PayloadTooShort } from './byte-reader.ts';
import type { Prepared } from './statement.ts';

/** Stands for what was cut because the record of one statement is bounded. */
const cutMark = '…';

/** What a COM_STMT_EXECUTE binds. */
export interface Bound {
  readonly values: readonly (string | null)[];
  /** The types that hold from now on, also for executions that do not repeat them. */
  readonly types: readonly number[];
}

/**
 * Shows the parameters of a COM_STMT_EXECUTE for a record: numbers and times as SQL writes them, text as it is, other
 * bytes as `\x` and hex. `payload` begins behind the fixed fields and may be cut: what is beyond is shown as the mark
 * alone. A value that was sent ahead (COM_STMT_SEND_LONG_DATA) is shown by its size.
 */
export function boundParameters(payload: Buffer, prepared: Prepared): Bound {
  const count = prepared.parameterCount ?? 0;
  const values: (string | null)[] = [];
  let types = prepared.types ?? [];
  if (count === 0) return { values, types };
  const reader = new ByteReader(payload);
  try {
    const nulls = reader.bytes((count + 7) >> 3);
    if (reader.int(1) === 1) types = Array.from({ length: count }, () => reader.int(2));
    for (let index = 0; index < count; index += 1) {
      const ahead = prepared.longData.get(index);
      const isNull = ((nulls[index >> 3] ?? 0) & (1 << (index & 7))) !== 0;
      if (ahead !== undefined) values.push(`[${ahead} bytes sent ahead]`);
      else values.push(isNull ? null : valueText(reader, types[index] ?? type.null));
    }
  } catch (thrown) {
    if (!(thrown instanceof PayloadTooShort)) throw thrown;
    values.push(cutMark);
  }
  return { values, types };
}

/** Types of values in the binary protocol (source documentation, "Binary Protocol Value"). */
const type = {
  tiny: 0x01,
  short: 0x02,
  long: 0x03,
  float: 0x04,
  double: 0x05,
  null: 0x06,
  timestamp: 0x07,
  longlong: 0x08,
  int24: 0x09,
  date: 0x0a,
  time: 0x0b,
  datetime: 0x0c,
  year: 0x0d,
} as const;

/** Stands in the second byte of a type whose numbers have no sign. */
const unsigned = 0x8000;

function valueText(reader: ByteReader, given: number): string | null {
  const isUnsigned = (given & unsigned) !== 0;
  switch (given & 0xff) {
    case type.null:
      return null;
    case type.tiny:
      return integer(reader.bytes(1), isUnsigned);
    case type.short:
    case type.year:
      return integer(reader.bytes(2), isUnsigned);
    case type.long:
    case type.int24:
      return integer(reader.bytes(4), isUnsigned);
    case type.longlong:
      return integer(reader.bytes(8), isUnsigned);
    case type.float:
      return String(reader.bytes(4).readFloatLE());
    case type.double:
      return String(reader.bytes(8).readDoubleLE());
    case type.date:
    case type.datetime:
    case type.timestamp:
      return dateText(reader.bytes(reader.int(1)));
    case type.time:
      return timeText(reader.bytes(reader.int(1)));
    default:
      return bytesText(reader);
  }
}

function integer(bytes: Buffer, isUnsigned: boolean): string {
  if (bytes.length === 8) return String(isUnsigned ? bytes.readBigUInt64LE() : bytes.readBigInt64LE());
  return String(isUnsigned ? bytes.readUIntLE(0, bytes.length) : bytes.readIntLE(0, bytes.length));
}

/** Trailing parts that are zero are left out on the wire. */
function dateText(bytes: Buffer): string {
  const part = Buffer.concat([bytes, Buffer.alloc(11)]);
  const date = `${digits(part.readUInt16LE(0), 4)}-${digits(part.readUInt8(2))}-${digits(part.readUInt8(3))}`;
  if (bytes.length <= 4) return date;
  return `${date} ${clock(part, 4)}${fraction(part.readUInt32LE(7), bytes.length > 7)}`;
}

function timeText(bytes: Buffer): string {
  const part = Buffer.concat([bytes, Buffer.alloc(12)]);
  const sign = part[0] === 1 ? '-' : '';
  const hours = part.readUInt32LE(1) * 24 + part.readUInt8(5);
  const rest = `${digits(part.readUInt8(6))}:${digits(part.readUInt8(7))}`;
  return `${sign}${digits(hours)}:${rest}${fraction(part.readUInt32LE(8), bytes.length > 8)}`;
}

function clock(part: Buffer, at: number): string {
  return [0, 1, 2].map((offset) => digits(part.readUInt8(at + offset))).join(':');
}

function fraction(microseconds: number, given: boolean): string {
  return given ? `.${digits(microseconds, 6)}` : '';
}

function digits(value: number, width = 2): string {
  return String(value).padStart(width, '0');
}

function bytesText(reader: ByteReader): string {
  const size = reader.lengthEncoded();
  const there = reader.bytes(Math.min(size, reader.left));
  const shown = isUtf8(there) ? there.toString() : `\\x${there.toString('hex')}`;
  return there.length < size ? shown + cutMark : shown;
}
