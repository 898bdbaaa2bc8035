/** Messages of a PostgreSQL client, one by one: for orders that no driver sends. */
export type RawCall = readonly [type: string, body: Buffer];

export const parse = (name: string, statement: string, types: readonly number[] = []): RawCall => [
  'P',
  Buffer.concat([cStrings(name, statement), int16(types.length), ...types.map(int32)]),
];

/** What a Bind gives and wants, in the protocol's format codes: 0 is text, 1 is binary, none is all text. */
export interface Bound {
  /** Bytes are sent as they are, text as UTF-8, null as NULL. */
  readonly values?: readonly (string | Buffer | null)[];
  readonly formats?: readonly number[];
  readonly results?: readonly number[];
}

/** Without {@link Bound}: no parameters, all results as text. */
export const bind = (
  portal: string,
  name: string,
  { values = [], formats = [], results = [] }: Bound = {},
): RawCall => [
  'B',
  Buffer.concat([
    cStrings(portal, name),
    int16(formats.length),
    ...formats.map(int16),
    int16(values.length),
    ...values.flatMap(sized),
    int16(results.length),
    ...results.map(int16),
  ]),
];
export const execute = (portal: string, limit = 0): RawCall => [
  'E',
  Buffer.concat([cStrings(portal), int32(limit)]),
];
export const describeStatement = (name: string): RawCall => ['D', cStrings(`S${name}`)];
export const describePortal = (name: string): RawCall => ['D', cStrings(`P${name}`)];
export const closeStatement = (name: string): RawCall => ['C', cStrings(`S${name}`)];
export const closePortal = (name: string): RawCall => ['C', cStrings(`P${name}`)];
export const sync: RawCall = ['S', Buffer.alloc(0)];
export const flush: RawCall = ['H', Buffer.alloc(0)];
export const query = (statement: string): RawCall => ['Q', cStrings(statement)];
export const copyData = (data: string | Buffer): RawCall => ['d', Buffer.from(data)];
export const copyDone: RawCall = ['c', Buffer.alloc(0)];
export const copyFail: RawCall = ['f', cStrings('no more')];
/** FunctionCall by object id, with all values and the result in one format. */
export const functionCall = (
  oid: number,
  values: readonly (string | Buffer | null)[],
  format = 0,
): RawCall => [
  'F',
  Buffer.concat([
    int32(oid),
    int16(1),
    int16(format),
    int16(values.length),
    ...values.flatMap(sized),
    int16(format),
  ]),
];
export const terminate: RawCall = ['X', Buffer.alloc(0)];

/** The calls as they go over the wire, behind each other. */
export function bytesOf(...calls: readonly RawCall[]): Buffer {
  return Buffer.concat(calls.flatMap(([type, body]) => [Buffer.from(type), int32(body.length + 4), body]));
}

/** A startup packet of protocol 3.0 with its password message right behind it. */
export function startupBytes(parameters: Readonly<Record<string, string>>, password: string): Buffer {
  const body = Buffer.concat([int32(196_608), cStrings(...Object.entries(parameters).flat()), Buffer.of(0)]);
  return Buffer.concat([int32(body.length + 4), body, bytesOf(['p', cStrings(password)])]);
}

function sized(value: string | Buffer | null): readonly Buffer[] {
  if (value === null) return [int32(-1)];
  const bytes = Buffer.from(value);
  return [int32(bytes.length), bytes];
}

export function cStrings(...values: readonly string[]): Buffer {
  return Buffer.from(values.map((value) => `${value}\0`).join(''));
}

export function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}

/** Counts go up to 65,535. */
export function int16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16BE(value);
  return bytes;
}
