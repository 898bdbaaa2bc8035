import { isUtf8 } from 'node:buffer';
import type { QueryResult, QueryValue } from '../query-driver.ts';

/** What an answer over HTTP is made of. */
export interface ReplyTable {
  readonly columns: QueryResult['columns'];
  readonly rows: readonly (readonly QueryValue[])[];
}

/**
 * A reply as a table. A list, a set and a push have one column `reply` and a row for each element; a map has the
 * columns `key` and `value`; anything else is one row. A list inside is a list, a map inside is a list of keys and
 * values in turn. Numbers are text, because a reply may hold 64 bits.
 *
 * The driver gives strings as bytes. A column of type `bytes` has at least one that is not UTF-8, and then all its texts
 * are base64; otherwise they are what they say, and the type is `text`.
 */
export function replyTable(reply: unknown, isMap: boolean): ReplyTable {
  if (!isMap) {
    const column = readColumn(Array.isArray(reply) ? reply : [reply]);
    return {
      columns: [{ name: 'reply', type: column.type }],
      rows: column.values.map((value) => [value]),
    };
  }
  const items = Array.isArray(reply) ? reply : [];
  const keys = readColumn(items.filter((_, index) => index % 2 === 0));
  const values = readColumn(items.filter((_, index) => index % 2 === 1));
  return {
    columns: [
      { name: 'key', type: keys.type },
      { name: 'value', type: values.type },
    ],
    rows: keys.values.map((key, index) => [key, values.values[index] ?? null]),
  };
}

interface Column {
  readonly type: 'text' | 'bytes';
  readonly values: readonly QueryValue[];
}

function readColumn(items: readonly unknown[]): Column {
  const encoding = items.every(isText) ? 'utf8' : 'base64';
  return {
    type: encoding === 'utf8' ? 'text' : 'bytes',
    values: items.map((item) => readValue(item, encoding)),
  };
}

function isText(item: unknown): boolean {
  if (Array.isArray(item)) return item.every(isText);
  return !(item instanceof Uint8Array) || isUtf8(item);
}

function readValue(item: unknown, encoding: 'utf8' | 'base64'): QueryValue {
  if (item === null || item === undefined) return null;
  if (typeof item === 'boolean') return item;
  if (Array.isArray(item)) return item.map((inner: unknown) => readValue(inner, encoding));
  // An error inside a list (EXEC) is what it says.
  const text = item instanceof Error ? item.message : item;
  const bytes = text instanceof Uint8Array ? Buffer.from(text) : Buffer.from(String(text));
  return bytes.toString(encoding);
}
