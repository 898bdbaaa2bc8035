import type { ColumnMetadata, Field } from '@aws-sdk/client-redshift-data';
import { cStrings, fromServer, int32, message } from '../../postgres/for-variations.ts';
import { objectIdOf, textOf } from './result-values.ts';

/** RowDescription with all columns in text. */
export function rowDescription(columns: readonly ColumnMetadata[]): Buffer {
  const fields = columns.flatMap((column) => [
    cStrings(column.label ?? column.name ?? '?column?'),
    int32(0),
    int16(0),
    int32(objectIdOf(column)),
    int16(-1),
    int32(-1),
    int16(0),
  ]);
  return message(fromServer.rowDescription, Buffer.concat([int16(columns.length), ...fields]));
}

/** DataRow. */
export function dataRow(fields: readonly Field[]): Buffer {
  const values = fields.flatMap((field) => {
    const text = textOf(field);
    if (text === null) return [int32(-1)];
    const bytes = Buffer.from(text);
    return [int32(bytes.length), bytes];
  });
  return message(fromServer.dataRow, Buffer.concat([int16(fields.length), ...values]));
}

/** ErrorResponse. */
export function errorResponse(severity: 'ERROR' | 'FATAL', sqlstate: string, text: string): Buffer {
  const fields = cStrings(`S${severity}`, `V${severity}`, `C${sqlstate}`, `M${text.replaceAll('\0', ' ')}`);
  return message(fromServer.errorResponse, Buffer.concat([fields, Buffer.of(0)]));
}

/** The values of a Bind, which our driver sends as text. @throws RangeError for one in binary, or beyond the message */
export function readBoundValues(body: Buffer): readonly (string | null)[] {
  let at = body.indexOf(0, body.indexOf(0) + 1) + 1;
  const formats = body.readUInt16BE(at);
  for (let index = 0; index < formats; index += 1) {
    if (body.readInt16BE(at + 2 + 2 * index) !== 0) throw new RangeError('a value is not text');
  }
  at += 2 + 2 * formats;
  const count = body.readUInt16BE(at);
  at += 2;
  const values: (string | null)[] = [];
  for (let index = 0; index < count; index += 1) {
    const length = body.readInt32BE(at);
    at += 4;
    values.push(length < 0 ? null : body.toString('utf8', at, at + length));
    at += Math.max(0, length);
  }
  return values;
}

function int16(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(2);
  bytes.writeInt16BE(value);
  return bytes;
}
