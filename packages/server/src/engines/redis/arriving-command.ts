import type { Command } from './command.ts';

/** Of how many arguments the places stay allocated for the next command. */
const mostKeptPlaces = 1_024;

/**
 * The command that a scanner goes over. There is one for all of them, because objects for each would cost as much as
 * going over it.
 */
export class ArrivingCommand implements Command {
  bytes: Buffer;
  /** 0 while it is not known. */
  count = 0;
  arrived = 0;
  readonly starts: number[] = [];
  readonly ends: number[] = [];
  begin = 0;
  end = 0;
  complete = false;
  arrivedAt = 0;

  constructor(bytes: Buffer) {
    this.bytes = bytes;
  }

  /** The next one begins here. */
  startAt(offset: number): void {
    if (this.arrived > mostKeptPlaces) {
      this.starts.length = 0;
      this.ends.length = 0;
    }
    this.count = 0;
    this.arrived = 0;
    this.begin = offset;
    this.end = offset;
    this.complete = false;
  }

  /** One more argument is here. */
  add(start: number, end: number): void {
    this.starts[this.arrived] = start;
    this.ends[this.arrived] = end;
    this.arrived += 1;
    this.end = end + 2;
  }

  /** From now on it is looked at in bytes that begin with it. */
  moveToFront(): void {
    const { begin } = this;
    if (begin === 0) return;
    for (let index = 0; index < this.arrived; index += 1) {
      this.starts[index] = (this.starts[index] ?? 0) - begin;
      this.ends[index] = (this.ends[index] ?? 0) - begin;
    }
    this.end -= begin;
    this.begin = 0;
  }
}
