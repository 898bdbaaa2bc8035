import { command } from '../../../packages/server/src/engines/mysql/protocol.ts';

/** A parameter of a prepared statement: its type, as the protocol numbers them, and its binary form. */
export interface Value {
  readonly type: number;
  readonly bytes: Buffer;
}

/** Numbers of prepared statements by the names that a case gives them. */
export type StatementIds = ReadonlyMap<string, number>;

/** A command, as data that can be sent once the numbers of statements are known. */
export interface Command {
  readonly code: number;
  /** What is behind the code. */
  readonly payload: (ids: StatementIds) => Buffer;
  /** The name that the statement gets which this command prepares. */
  readonly prepares?: string;
  /** How its answer looks. */
  readonly answer:
    | 'result'
    | 'binary result'
    | 'cursor'
    | 'prepared'
    | 'ok'
    | 'rows'
    | 'binary rows'
    | 'text'
    | 'none';
}

const plain = (code: number, answer: Command['answer'], payload: Buffer | string = ''): Command => ({
  code,
  answer,
  payload: () => Buffer.from(payload),
});

export const query = (text: string | Buffer): Command => plain(command.query, 'result', Buffer.from(text));
export const ping = plain(command.ping, 'ok');
export const initDatabase = (name: string): Command => plain(command.initDatabase, 'ok', name);
export const statistics = plain(command.statistics, 'text');
export const resetConnection = plain(command.resetConnection, 'ok');
/** 0 allows several statements in one text, 1 forbids them. */
export const setOption = (option: 0 | 1): Command => plain(command.setOption, 'ok', Buffer.from([option, 0]));
/** The columns of a table whose names match. */
export const fieldList = (table: string, wildcard = ''): Command =>
  plain(command.fieldList, 'rows', `${table}\0${wildcard}`);
/** A command that no server of our days has. */
export const unknownCommand = plain(0x7f, 'ok');

export const prepare = (name: string, text: string): Command => ({
  ...plain(command.prepare, 'prepared', text),
  prepares: name,
});

/** Flags of COM_STMT_EXECUTE. */
const readOnlyCursor = 1;

export interface ExecuteOptions {
  /** Opens a cursor, whose rows are fetched. */
  readonly cursor?: boolean;
  /** Leaves the types out, since the statement was executed before with the same ones. */
  readonly typesKnown?: boolean;
  /** Parameters that were sent ahead: their values are left out here. */
  readonly sentAhead?: readonly number[];
}

export function execute(
  name: string,
  values: readonly (Value | null)[] = [],
  { cursor = false, typesKnown = false, sentAhead = [] }: ExecuteOptions = {},
): Command {
  return {
    code: command.execute,
    answer: cursor ? 'cursor' : 'binary result',
    payload: (ids) => {
      const nulls = Buffer.alloc(Math.ceil(values.length / 8));
      for (const [index, value] of values.entries()) {
        if (value === null) nulls[index >> 3] = (nulls[index >> 3] ?? 0) | (1 << (index & 7));
      }
      const types = values.map((value) => Buffer.from([value?.type ?? nullType, 0]));
      const given = values
        .filter((_, index) => !sentAhead.includes(index))
        .flatMap((value) => value?.bytes ?? []);
      return Buffer.concat([
        statementId(ids, name),
        Buffer.from([cursor ? readOnlyCursor : 0, 1, 0, 0, 0]),
        ...(values.length === 0 ? [] : [nulls, Buffer.from([typesKnown ? 0 : 1])]),
        ...(typesKnown ? [] : types),
        ...given,
      ]);
    },
  };
}

/** The next rows of a cursor. */
export const fetchRows = (name: string, rows: number): Command => ({
  code: command.fetch,
  answer: 'binary rows',
  payload: (ids) => Buffer.concat([statementId(ids, name), int(rows, 4)]),
});
export const closeStatement = (name: string): Command => ({
  code: command.closeStatement,
  answer: 'none',
  payload: (ids) => statementId(ids, name),
});
export const resetStatement = (name: string): Command => ({
  code: command.resetStatement,
  answer: 'ok',
  payload: (ids) => statementId(ids, name),
});
/** Part of a parameter, ahead of its execution. */
export const longData = (name: string, parameter: number, bytes: Buffer | string): Command => ({
  code: command.sendLongData,
  answer: 'none',
  payload: (ids) => Buffer.concat([statementId(ids, name), int(parameter, 2), Buffer.from(bytes)]),
});

/** A name that was not prepared stands for a number that no statement has. */
function statementId(ids: StatementIds, name: string): Buffer {
  return int(ids.get(name) ?? 99_999, 4);
}

const nullType = 0x06;

/** Values as clients send them. */
export const value = {
  tiny: (number: number): Value => ({ type: 0x01, bytes: int(number & 0xff, 1) }),
  short: (number: number): Value => ({ type: 0x02, bytes: int(number & 0xffff, 2) }),
  long: (number: number): Value => ({ type: 0x03, bytes: int(number >>> 0, 4) }),
  longLong: (number: bigint): Value => ({ type: 0x08, bytes: bigInt(number) }),
  float: (number: number): Value => ({
    type: 0x04,
    bytes: written(4, (bytes) => bytes.writeFloatLE(number)),
  }),
  double: (number: number): Value => ({
    type: 0x05,
    bytes: written(8, (bytes) => bytes.writeDoubleLE(number)),
  }),
  text: (text: string | Buffer): Value => ({ type: 0xfd, bytes: lengthEncoded(Buffer.from(text)) }),
  blob: (bytes: Buffer): Value => ({ type: 0xfc, bytes: lengthEncoded(bytes) }),
  decimal: (text: string): Value => ({ type: 0xf6, bytes: lengthEncoded(Buffer.from(text)) }),
  date: (year: number, month: number, day: number): Value => ({
    type: 0x0a,
    bytes: Buffer.concat([int(4, 1), int(year, 2), int(month, 1), int(day, 1)]),
  }),
  /** `time` in hours, minutes, seconds, microseconds. */
  dateTime: (
    [year, month, day]: readonly [number, number, number],
    [hour, minute, second, micro]: readonly [number, number, number, number],
  ): Value => ({
    type: 0x0c,
    bytes: Buffer.concat([
      int(11, 1),
      int(year, 2),
      ...[month, day, hour, minute, second].map((part) => int(part, 1)),
      int(micro, 4),
    ]),
  }),
  time: (
    negative: boolean,
    [days, hour, minute, second, micro]: readonly [number, number, number, number, number],
  ): Value => ({
    type: 0x0b,
    bytes: Buffer.concat([
      int(12, 1),
      int(Number(negative), 1),
      int(days, 4),
      ...[hour, minute, second].map((part) => int(part, 1)),
      int(micro, 4),
    ]),
  }),
} as const;

function int(number: number, size: number): Buffer {
  return written(size, (bytes) => bytes.writeUIntLE(number, 0, size));
}

function bigInt(number: bigint): Buffer {
  return written(8, (bytes) => bytes.writeBigUInt64LE(BigInt.asUintN(64, number)));
}

function written(size: number, write: (bytes: Buffer) => void): Buffer {
  const bytes = Buffer.alloc(size);
  write(bytes);
  return bytes;
}

function lengthEncoded(bytes: Buffer): Buffer {
  const { length } = bytes;
  if (length < 0xfb) return Buffer.concat([int(length, 1), bytes]);
  if (length < 0x1_0000) return Buffer.concat([int(0xfc, 1), int(length, 2), bytes]);
  return Buffer.concat([int(0xfd, 1), int(length, 3), bytes]);
}
