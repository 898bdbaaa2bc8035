import mysql, { type FieldPacket } from 'mysql2';
import { JsonText, type QueryValue } from '../query-driver.ts';

// The package is CommonJS, whose names Node.js cannot see one by one.
const { Types: types } = mysql;

/** How the values of one column leave over HTTP. */
export interface ColumnType {
  /** The type's name in SQL: `bigint unsigned`, `varchar`, `json`; `type:N` for one that we do not know. */
  readonly name: string;
  /** Turns what the driver gives into what the caller gets. NULL does not come here. */
  readonly read: (value: unknown) => QueryValue;
}

/** The collation of bytes that are no text. */
const binaryCollation = 63;
/** Column flags (MySQL Server source documentation, "Column Definition Flags"). */
const flag = { unsigned: 0x20, enum: 0x100, set: 0x800 } as const;
/** More decimals than a fraction of a second has: the number of decimals is not fixed. */
const mostFractionDigits = 6;

const asText = (value: unknown): QueryValue => String(value);
const asNumber = (value: unknown): QueryValue => Number(value);
const asBase64 = (value: unknown): QueryValue =>
  Buffer.isBuffer(value) ? value.toString('base64') : String(value);
const asJson = (value: unknown): QueryValue => new JsonText(String(value));

const integers = new Map<number, string>([
  [types.TINY, 'tinyint'],
  [types.SHORT, 'smallint'],
  [types.INT24, 'mediumint'],
  [types.LONG, 'int'],
]);

/** Types that are bytes or text, by the column's collation. */
const strings = new Map<number, readonly [binary: string, text: string]>([
  [types.VARCHAR, ['varbinary', 'varchar']],
  [types.VAR_STRING, ['varbinary', 'varchar']],
  [types.STRING, ['binary', 'char']],
  [types.TINY_BLOB, ['tinyblob', 'tinytext']],
  [types.BLOB, ['blob', 'text']],
  [types.MEDIUM_BLOB, ['mediumblob', 'mediumtext']],
  [types.LONG_BLOB, ['longblob', 'longtext']],
]);

/** Types whose text form is kept: a JavaScript number or date would lose digits. */
const kept = new Map<number, string>([
  [types.DECIMAL, 'decimal'],
  [types.NEWDECIMAL, 'decimal'],
  [types.DATE, 'date'],
  [types.NEWDATE, 'date'],
  [types.NULL, 'null'],
]);

const timed = new Map<number, string>([
  [types.DATETIME, 'datetime'],
  [types.TIMESTAMP, 'timestamp'],
  [types.TIME, 'time'],
]);

/** The name and the reading of a column, by its definition. */
export function columnType(field: FieldPacket): ColumnType {
  const type = field.columnType ?? -1;
  const flags = typeof field.flags === 'number' ? field.flags : 0;
  const unsigned = (flags & flag.unsigned) === 0 ? '' : ' unsigned';

  const integer = integers.get(type);
  if (integer !== undefined) return { name: `${integer}${unsigned}`, read: asNumber };
  const text = kept.get(type);
  if (text !== undefined) return { name: text, read: asText };
  const time = timed.get(type);
  if (time !== undefined) return { name: time, read: (value) => withFraction(String(value), field.decimals) };
  const either = strings.get(type);
  if (either !== undefined) return stringType(either, flags, field.characterSet === binaryCollation);

  switch (type) {
    case types.LONGLONG:
      return { name: `bigint${unsigned}`, read: asText };
    case types.YEAR:
      return { name: 'year', read: asNumber };
    case types.DOUBLE:
      return { name: 'double', read: asNumber };
    case types.FLOAT:
      return { name: 'float', read: (value) => shortestFloat(Number(value)) };
    case types.BIT:
      return { name: 'bit', read: (value) => bitText(value, field.columnLength ?? 1) };
    case types.JSON:
      return { name: 'json', read: asJson };
    case types.GEOMETRY:
      return { name: 'geometry', read: asBase64 };
    case types.VECTOR:
      return { name: 'vector', read: asBase64 };
    default:
      return { name: `type:${type}`, read: asBase64 };
  }
}

function stringType([bytes, text]: readonly [string, string], flags: number, isBinary: boolean): ColumnType {
  if ((flags & flag.enum) !== 0) return { name: 'enum', read: asText };
  if ((flags & flag.set) !== 0) return { name: 'set', read: asText };
  return isBinary ? { name: bytes, read: asBase64 } : { name: text, read: asText };
}

/** The binary protocol leaves out zeros that the text protocol has; both become as many digits as the column has. */
function withFraction(text: string, decimals: number): string {
  if (decimals < 1 || decimals > mostFractionDigits) return text;
  const [whole = '', digits = ''] = text.split('.');
  return `${whole}.${digits.padEnd(decimals, '0')}`;
}

/** The shortest number that is this FLOAT: 0.1, and not 0.10000000149011612. */
function shortestFloat(value: number): number {
  for (let digits = 6; digits < 9; digits += 1) {
    const shorter = Number(value.toPrecision(digits));
    if (Math.fround(shorter) === value) return shorter;
  }
  return value;
}

function bitText(value: unknown, length: number): string {
  if (!Buffer.isBuffer(value) || value.length === 0) return String(value);
  return BigInt(`0x${value.toString('hex')}`)
    .toString(2)
    .padStart(length, '0');
}
