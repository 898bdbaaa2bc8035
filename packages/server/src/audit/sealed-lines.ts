import { hash } from 'node:crypto';
import type { AuditEvent } from './event.ts';
import { writeFields } from './event-fields.ts';
import { JsonBytes } from './json-bytes.ts';
import { type ChainHead, linkBytes, seam } from './record-line.ts';
import type { Batch } from './segment-writer.ts';

/** A batch, and where the chain stands behind it. */
export interface SealedBatch extends Batch {
  readonly head: ChainHead;
}

/** A group that is written early, and what comes while it is written. Bytes. */
const usualRoom = 2 * 1024 * 1024;

const lineStart = Buffer.from('{"sequence":');
const hashName = Buffer.from(',"hash":"');
const seamBytes = Buffer.from(seam);

/**
 * The chain behind its newest durable record: lines that are sealed and wait for the disk. They stand in one buffer, as
 * in the file, and it is used again: buffers lie outside of V8's heap, and a new one for each group is a reason for V8 to
 * collect everything.
 */
export class SealedLines {
  /** What the first line is linked to, and the lines. */
  readonly #json = new JsonBytes(usualRoom);
  #head: ChainHead;
  /** The first line; undefined when there is none. */
  #first: LineMark | undefined;
  /** The first line behind the newest batch. */
  #behind: LineMark | undefined;

  constructor(head: ChainHead) {
    this.#head = head;
    this.#json.ascii(head.hash);
    this.#json.ascii(seam);
  }

  /** Adds the next lines of the chain, one or more. `times` are wall-clock milliseconds, one an event. */
  seal(events: readonly AuditEvent[], times: readonly number[]): void {
    const mark = { firstSequence: this.#head.sequence + 1, at: times[0] ?? 0 };
    const { length } = this.#json;
    try {
      this.#head = this.#write(events, times);
    } catch (thrown) {
      // Half a line would break the chain for good.
      this.#json.cut(length);
      throw thrown;
    }
    this.#first ??= mark;
    this.#behind ??= mark;
  }

  /** All that waits; undefined when nothing does. Its bytes stay as they are until {@link SealedLines.written}. */
  batch(): SealedBatch | undefined {
    if (this.#first === undefined) return undefined;
    this.#behind = undefined;
    const bytes = this.#json.slice(linkBytes, this.#json.length);
    return { ...this.#first, bytes, head: this.#head };
  }

  /** The newest batch is on stable storage. */
  written({ bytes }: SealedBatch): void {
    this.#first = this.#behind;
    this.#json.drop(bytes.length);
  }

  /** Each line is hashed where it stands, behind what it is linked to. */
  #write(events: readonly AuditEvent[], times: readonly number[]): ChainHead {
    const json = this.#json;
    let { sequence, hash: digest } = this.#head;
    for (let index = 0; index < events.length; index++) {
      const event = events[index];
      if (event === undefined) break;
      sequence += 1;
      const start = json.length - linkBytes;
      json.raw(lineStart);
      json.number(sequence);
      json.raw(timeField(times[index] ?? 0));
      writeFields(json, event);
      digest = hash('sha256', json.slice(start, json.length), 'hex');
      json.raw(hashName);
      json.ascii(digest);
      json.raw(seamBytes);
    }
    return { sequence, hash: digest };
  }
}

/** Where lines begin. */
type LineMark = Pick<Batch, 'firstSequence' | 'at'>;

let lastAt = Number.NaN;
let lastTime = Buffer.alloc(0);

/** Many records share a millisecond, and formatting one costs as much as hashing it. */
function timeField(at: number): Buffer {
  if (at !== lastAt) {
    lastTime = Buffer.from(`,"at":"${new Date(at).toISOString()}",`);
    lastAt = at;
  }
  return lastTime;
}
