import { ByteReader } from '../../../packages/server/src/engines/mysql/byte-reader.ts';
import { capability, reply } from '../../../packages/server/src/engines/mysql/protocol.ts';
import { shown } from '../shown.ts';

const eofBytes = 5;

/** An OK packet, or an EOF in one of its two forms. */
export function okLine(payload: Buffer, capabilities: number): string {
  const reader = new ByteReader(payload);
  const mark = reader.int(1);
  if (mark === reply.eof && payload.length === eofBytes) {
    return `EOF warnings ${reader.int(2)} status 0x${reader.int(2).toString(16)}`;
  }
  const name = mark === reply.ok ? 'OK' : 'OK at the end of rows';
  const counts = `affected ${reader.lengthEncoded()} id ${reader.lengthEncoded()}`;
  const flags = reader.int(2);
  const warnings = reader.int(2);
  const tracks = (capabilities & capability.sessionTrack) !== 0;
  const info = tracks && reader.left > 0 ? reader.lengthEncodedBytes() : reader.rest();
  const state =
    reader.left === 0 ? '' : ` ${stateChanges(reader.lengthEncodedBytes())}${shown(reader.rest())}`;
  return `${name} ${counts} status 0x${flags.toString(16)} warnings ${warnings} info ${shown(info)}${state}`;
}

/** What the session tells of changes of itself: types of change, and what is behind each. */
function stateChanges(bytes: Buffer): string {
  const reader = new ByteReader(bytes);
  const changes: string[] = [];
  while (reader.left > 0) {
    const type = reader.int(1);
    const data = new ByteReader(reader.lengthEncodedBytes());
    const parts: string[] = [];
    while (data.left > 0) parts.push(shown(data.lengthEncodedBytes()));
    changes.push(`${type}: ${parts.join(' = ')}`);
  }
  return `state [${changes.join('; ')}] `;
}

/** The status flags of an OK or an EOF. */
export function statusOf(payload: Buffer): number {
  if (payload[0] === reply.eof && payload.length === eofBytes) return payload.readUInt16LE(3);
  const reader = new ByteReader(payload.subarray(1));
  reader.lengthEncoded();
  reader.lengthEncoded();
  return reader.int(2);
}

/** An ERR packet. Numbers of connections and statements in its text differ with what was before. */
export function errorLine(payload: Buffer): string {
  const state = payload.toString('latin1', 4, 9);
  return `ERR ${payload.readUInt16LE(1)} ${state} ${payload
    .toString('utf8', 9)
    .replaceAll(/\b(thread id|connection|thread): ?\d+/gi, '$1 n')
    .replaceAll(/\b(statement|handler) \(\d+\)/g, '$1 (n)')}`;
}

/** A column definition. */
export function columnLine(payload: Buffer): string {
  const reader = new ByteReader(payload);
  if (payload[0] === reply.error) return errorLine(payload);
  const names = Array.from({ length: 6 }, () => reader.lengthEncodedBytes().toString());
  return `Column ${names.join(' ')} ${reader.rest().toString('hex')}`;
}

/** A row: its values in the text protocol, its bytes in the binary one. */
export function rowLine(payload: Buffer, form: 'text' | 'binary'): string {
  if (form === 'binary') return `Row ${shown(payload)}`;
  const values: string[] = [];
  let at = 0;
  while (at < payload.length) {
    if (payload[at] === 0xfb) {
      values.push('NULL');
      at += 1;
      continue;
    }
    const reader = new ByteReader(payload.subarray(at));
    const value = reader.lengthEncodedBytes();
    values.push(shown(value));
    at = payload.length - reader.left;
  }
  return `Row ${values.join(' | ')}`;
}
