import { status } from './protocol.ts';

/** What an OK packet says, or the EOF that newer servers send in the form of one. */
export interface OkPacket {
  readonly affectedRows: number;
  readonly status: number;
}

/** Nothing was understood: the status says that a transaction may be open. */
const unknown: OkPacket = { affectedRows: 0, status: status.inTransaction };

/** Reads an OK packet from its first byte at `start`; only the bytes up to `end` are looked at. */
export function parseOk(bytes: Buffer, start: number, end: number): OkPacket {
  const afterAffected = afterNumber(bytes, start + 1);
  const at = afterNumber(bytes, afterAffected);
  if (at + 2 > end) return unknown;
  return { affectedRows: numberAt(bytes, start + 1), status: bytes.readUInt16LE(at) };
}

function afterNumber(bytes: Buffer, at: number): number {
  switch (bytes[at]) {
    case 0xfc:
      return at + 3;
    case 0xfd:
      return at + 4;
    case 0xfe:
      return at + 9;
    default:
      return at + 1;
  }
}

/** A length-encoded number. Its bytes are there: the status behind it is. */
function numberAt(bytes: Buffer, at: number): number {
  switch (bytes[at]) {
    case 0xfc:
      return bytes.readUInt16LE(at + 1);
    case 0xfd:
      return bytes.readUIntLE(at + 1, 3);
    case 0xfe:
      return Number(bytes.readBigUInt64LE(at + 1));
    default:
      return bytes[at] ?? 0;
  }
}
