import { capability, reply, status } from '../../../packages/server/src/engines/mysql/protocol.ts';
import type { RawPacket } from '../../support/differential-mysql-client.ts';
import type { Command } from './commands.ts';
import { columnLine, errorLine, okLine, rowLine, statusOf } from './packet-line.ts';

/** What an answer was. */
export interface Answer {
  readonly lines: readonly string[];
  /** The number of the statement that was prepared. */
  readonly statementId?: number;
  readonly errors: readonly number[];
}

/** Reads the answer to one command, packet by packet, as the framing that the capabilities mean. */
export class AnswerReader {
  readonly #next: () => Promise<RawPacket>;
  readonly #capabilities: number;
  #lines: string[] = [];
  #errors: number[] = [];
  /** Sequence ids go up by one; `undefined` before the first. */
  #sequence: number | undefined;

  constructor(next: () => Promise<RawPacket>, capabilities: number) {
    this.#next = next;
    this.#capabilities = capabilities;
  }

  /** What came of an answer until the connection ended. */
  get lines(): readonly string[] {
    return this.#lines;
  }

  get errors(): readonly number[] {
    return this.#errors;
  }

  async read({ answer }: Pick<Command, 'answer'>): Promise<Answer> {
    this.#lines = [];
    this.#errors = [];
    this.#sequence = undefined;
    const statementId = await this.#read(answer);
    return {
      lines: this.#lines,
      errors: this.#errors,
      ...(statementId === undefined ? {} : { statementId }),
    };
  }

  async #read(answer: Command['answer']): Promise<number | undefined> {
    switch (answer) {
      case 'none':
        return;
      case 'text': {
        const payload = await this.#packet();
        if (payload[0] === reply.error) this.#end(payload);
        // Uptime and counts differ, the words do not.
        else this.#lines.push(`Text ${payload.toString().replaceAll(/\d+/g, 'n')}`);
        return;
      }
      case 'ok':
        this.#end(await this.#packet());
        return;
      case 'rows':
        return await this.#columnsToEnd();
      case 'binary rows':
        return await this.#rows('binary');
      case 'prepared':
        return await this.#prepared();
      case 'result':
        return await this.#results('text', false);
      case 'binary result':
        return await this.#results('binary', false);
      case 'cursor':
        return await this.#results('binary', true);
    }
  }

  async #results(form: 'text' | 'binary', cursor: boolean): Promise<undefined> {
    for (;;) {
      const flags = await this.#result(form, cursor);
      if ((flags & status.moreResults) === 0) return;
      this.#lines.push('and more:');
    }
  }

  /**
   * The status flags at the end of one result. The rows of a cursor are fetched by commands of their own, if it was
   * asked for; a procedure with a cursor inside raises the same flag.
   */
  async #result(form: 'text' | 'binary', cursor: boolean): Promise<number> {
    const head = await this.#packet();
    if (head[0] === reply.ok || head[0] === reply.error) return this.#end(head);
    const columns = lengthEncoded(head);
    this.#lines.push(`${columns} columns`);
    for (let left = columns; left > 0; left -= 1) this.#lines.push(columnLine(await this.#packet()));
    let flags = 0;
    let more = 0;
    if ((this.#capabilities & capability.deprecateEof) === 0) {
      flags = this.#end(await this.#packet());
      const alone = (flags & (status.cursorExists | status.moreResults)) === status.cursorExists;
      if (cursor && alone) return flags;
      // Before OUT parameters alone it is said that more follows.
      if ((flags & status.outParameters) !== 0) more = flags & status.moreResults;
    } else if (form === 'binary') {
      const first = await this.#packet();
      if (first[0] === reply.eof || first[0] === reply.error) return this.#end(first);
      this.#lines.push(rowLine(first, form));
    }
    await this.#rows(form, (found) => {
      flags = found;
    });
    return flags | more;
  }

  async #rows(form: 'text' | 'binary', ended: (flags: number) => void = () => {}): Promise<undefined> {
    for (;;) {
      const payload = await this.#whole();
      const isEnd = payload[0] === reply.error || (payload[0] === reply.eof && payload.length < 0xff_ffff);
      if (isEnd && (payload[0] === reply.error || payload.length <= this.#longestEnd)) {
        ended(this.#end(payload));
        return;
      }
      this.#lines.push(rowLine(payload, form));
    }
  }

  get #longestEnd(): number {
    return (this.#capabilities & capability.deprecateEof) === 0 ? 8 : 0xff_fffe;
  }

  async #columnsToEnd(): Promise<undefined> {
    for (;;) {
      const payload = await this.#packet();
      if (payload[0] === reply.eof || payload[0] === reply.error) {
        this.#end(payload);
        return;
      }
      this.#lines.push(columnLine(payload));
    }
  }

  async #prepared(): Promise<number | undefined> {
    const head = await this.#packet();
    if (head[0] === reply.error) {
      this.#end(head);
      return undefined;
    }
    const columns = head.readUInt16LE(5);
    const parameters = head.readUInt16LE(7);
    this.#lines.push(
      `Prepared ${columns} columns ${parameters} parameters ${head.subarray(9).toString('hex')}`,
    );
    for (const count of [parameters, columns]) {
      if (count === 0) continue;
      for (let left = count; left > 0; left -= 1) this.#lines.push(columnLine(await this.#packet()));
      if ((this.#capabilities & capability.deprecateEof) === 0) this.#end(await this.#packet());
    }
    return head.readUInt32LE(1);
  }

  /** Writes down an OK, an EOF or an error; gives the status flags of the first two. */
  #end(payload: Buffer): number {
    if (payload[0] === reply.error) {
      this.#errors.push(payload.readUInt16LE(1));
      this.#lines.push(errorLine(payload));
      return 0;
    }
    this.#lines.push(okLine(payload, this.#capabilities));
    return statusOf(payload);
  }

  /** A payload that may go on over several packets. */
  async #whole(): Promise<Buffer> {
    const parts = [await this.#packet()];
    while (parts.at(-1)?.length === 0xff_ffff) parts.push(await this.#packet());
    return parts.length === 1 ? (parts[0] ?? Buffer.alloc(0)) : Buffer.concat(parts);
  }

  async #packet(): Promise<Buffer> {
    const { sequence, payload } = await this.#next();
    const expected = this.#sequence === undefined ? sequence : (this.#sequence + 1) & 0xff;
    if (sequence !== expected) this.#lines.push(`out of order: ${sequence}, not ${expected}`);
    else if (this.#sequence === undefined) this.#lines.push(`from sequence ${sequence}`);
    this.#sequence = sequence;
    return payload;
  }
}

function lengthEncoded(payload: Buffer): number {
  switch (payload[0]) {
    case 0xfc:
      return payload.readUInt16LE(1);
    case 0xfd:
      return payload.readUIntLE(1, 3);
    default:
      return payload[0] ?? 0;
  }
}
