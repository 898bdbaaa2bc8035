import type { RawMessage } from '../../support/raw-postgres.ts';
import { shown } from '../shown.ts';

/** Object ids from here on are made in the database and differ with everything that was made before. */
const firstOwnOid = 16_384;

/** Writes the server's messages down as lines. Object ids and process ids become numbers of first appearance. */
export class AnswerLines {
  readonly #oids = new Map<number, string>();
  readonly #pids = new Map<number, string>();

  line({ type, body }: RawMessage): string {
    const at = new Fields(body);
    switch (type) {
      case 'T':
        return `RowDescription ${at
          .list(() => {
            const name = at.text();
            const table = this.#oid(at.int32());
            const column = at.int16();
            const of = this.#oid(at.int32());
            return `${JSON.stringify(name)} ${table}.${column} type ${of} ${at.int16()} ${at.int32()} format ${at.int16()}`;
          })
          .join(' | ')}`;
      case 'D':
        return `DataRow ${at.list(() => shown(at.sized())).join(' | ')}`;
      case 't':
        return `ParameterDescription ${at.list(() => this.#oid(at.int32())).join(' ')}`;
      case 'C':
        return `CommandComplete ${at.text()}`;
      case 'E':
        return `ErrorResponse ${this.#errorFields(body)}`;
      case 'N':
        return `NoticeResponse ${this.#errorFields(body)}`;
      case 'S':
        return `ParameterStatus ${at.text()} = ${JSON.stringify(at.text())}`;
      case 'A':
        return `NotificationResponse ${ordinal(this.#pids, at.int32(), 'pid')} ${at.text()} ${JSON.stringify(at.text())}`;
      case 'Z':
        return `ReadyForQuery ${body.toString('latin1')}`;
      // Grantway gives keys of its own.
      case 'K':
        return `BackendKeyData ${body.length} bytes`;
      case 'V':
        return `FunctionCallResponse ${shown(at.sized())}`;
      case 'd':
        return `CopyData ${shown(body)}`;
      case 'G':
      case 'H':
        return `${type === 'G' ? 'CopyInResponse' : 'CopyOutResponse'} ${body.toString('hex')}`;
      default:
        return `${plainNames[type] ?? type}${body.length === 0 ? '' : ` ${body.toString('hex')}`}`;
    }
  }

  /** Messages about locks name processes. */
  #errorFields(body: Buffer): string {
    return body
      .toString('utf8')
      .split('\0')
      .filter((field) => field !== '')
      .map((field) => `${field.slice(0, 1)}=${field.slice(1)}`)
      .join(' ')
      .replaceAll(
        /\b([Pp]rocess) (\d+)/g,
        (_, word, pid) => `${word} ${ordinal(this.#pids, Number(pid), 'pid')}`,
      );
  }

  #oid(oid: number): string {
    return oid < firstOwnOid ? String(oid) : ordinal(this.#oids, oid, 'own');
  }
}

const plainNames: Readonly<Record<string, string>> = {
  '1': 'ParseComplete',
  '2': 'BindComplete',
  '3': 'CloseComplete',
  n: 'NoData',
  s: 'PortalSuspended',
  I: 'EmptyQueryResponse',
  c: 'CopyDone',
};

function ordinal(known: Map<number, string>, value: number, word: string): string {
  const name = known.get(value) ?? `${word}#${known.size + 1}`;
  known.set(value, name);
  return name;
}

class Fields {
  readonly #body: Buffer;
  #at = 0;

  constructor(body: Buffer) {
    this.#body = body;
  }

  int16(): number {
    this.#at += 2;
    return this.#body.readInt16BE(this.#at - 2);
  }

  int32(): number {
    this.#at += 4;
    return this.#body.readInt32BE(this.#at - 4);
  }

  text(): string {
    const start = this.#at;
    const end = this.#body.indexOf(0, start);
    this.#at = end + 1;
    return this.#body.toString('utf8', start, end);
  }

  sized(): Buffer | null {
    const length = this.int32();
    if (length < 0) return null;
    this.#at += length;
    return this.#body.subarray(this.#at - length, this.#at);
  }

  /** As many items as the next Int16 says. */
  list<T>(item: () => T): readonly T[] {
    return Array.from({ length: this.int16() }, item);
  }
}
