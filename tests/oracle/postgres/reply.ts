import type { RawMessage, RawPostgres } from '../../support/raw-postgres.ts';
import { SessionEnded } from '../violation.ts';

/** Everything that the server said up to a ReadyForQuery. */
export interface Reply {
  /** The type letters in order. */
  readonly types: string;
  readonly rows: readonly (readonly (Buffer | null)[])[];
  readonly tags: readonly string[];
  /** Of ErrorResponse and NoticeResponse. */
  readonly codes: readonly string[];
  readonly texts: readonly string[];
  readonly notifications: readonly string[];
  readonly copied: string;
  readonly status: string;
}

/** @throws SessionEnded when the connection ends before, with the code of a FATAL error */
export async function readReply(client: RawPostgres): Promise<Reply> {
  const rows: (readonly (Buffer | null)[])[] = [];
  const tags: string[] = [];
  const codes: string[] = [];
  const texts: string[] = [];
  const notifications: string[] = [];
  let types = '';
  let copied = '';
  for (;;) {
    const { type, body } = await nextOrEnd(client, codes, texts);
    types += type;
    switch (type) {
      case 'D':
        rows.push(columns(body));
        break;
      case 'C':
        tags.push(body.toString('utf8', 0, body.length - 1));
        break;
      case 'E':
      case 'N':
        codes.push(errorField(body, 'C'));
        texts.push(errorField(body, 'M'));
        break;
      case 'A':
        notifications.push(body.toString('utf8', 4).split('\0').slice(0, 2).join(' '));
        break;
      case 'd':
        copied += body.toString();
        break;
      case 'Z':
        return { types, rows, tags, codes, texts, notifications, copied, status: body.toString() };
    }
  }
}

async function nextOrEnd(
  client: RawPostgres,
  codes: readonly string[],
  texts: readonly string[],
): Promise<RawMessage> {
  try {
    return await client.read();
  } catch (thrown) {
    if (!client.closed) throw thrown;
    throw new SessionEnded(codes.at(-1) ?? '', texts.at(-1) ?? 'without a word');
  }
}

/** The columns of a DataRow. */
export function columns(body: Buffer): readonly (Buffer | null)[] {
  const values: (Buffer | null)[] = [];
  let at = 2;
  for (let left = body.readUInt16BE(0); left > 0; left -= 1) {
    const length = body.readInt32BE(at);
    at += 4;
    values.push(length < 0 ? null : body.subarray(at, at + length));
    at += Math.max(length, 0);
  }
  return values;
}

/** A field of an ErrorResponse or NoticeResponse; empty when it is not there. */
export function errorField(body: Buffer, field: string): string {
  const found = body
    .toString('utf8')
    .split('\0')
    .find((text) => text.startsWith(field));
  return found?.slice(1) ?? '';
}
