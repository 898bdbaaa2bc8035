import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AuditEvent } from './event.ts';
import { chainStart } from './record-line.ts';
import { type SealedBatch, SealedLines } from './sealed-lines.ts';
import { sealed } from './testing/index.ts';

const by = { upstreamPid: '7' };

function statement(text: string, durationMs = 1): AuditEvent {
  return { type: 'statement', by, statement: { text, durationMs, outcome: 'succeeded' } };
}

function batchOf(lines: SealedLines): SealedBatch {
  const batch = lines.batch();
  if (batch === undefined) throw new TypeError('nothing waits');
  return batch;
}

const texts = ['one', 'two', 'three', 'four', 'x'.repeat(60_000)];
const events = texts.map((text) => statement(text));
const times = [10, 20, 30, 40, 50];
const whole = sealed(events, times, chainStart).bytes.toString();

describe('lines that wait for the disk', () => {
  it('go on behind a batch that is being written, with a number and a time of their own', () => {
    const lines = new SealedLines(chainStart);
    lines.seal(events.slice(0, 2), times.slice(0, 2));
    const first = batchOf(lines);
    lines.seal(events.slice(2, 3), times.slice(2, 3));
    lines.seal(events.slice(3), times.slice(3));
    const written = first.bytes.toString();
    lines.written(first);
    const second = batchOf(lines);
    expect(written + second.bytes.toString()).toBe(whole);
    expect(first).toMatchObject({ firstSequence: 1, at: 10, head: { sequence: 2 } });
    expect(second).toMatchObject({ firstSequence: 3, at: 30, head: { sequence: 5 } });
    lines.written(second);
    expect(lines.batch()).toBe(undefined);
  });

  it('are all in the next batch when one was not written', () => {
    const lines = new SealedLines(chainStart);
    lines.seal(events.slice(0, 2), times.slice(0, 2));
    lines.batch();
    lines.seal(events.slice(2), times.slice(2));
    const all = batchOf(lines);
    expect(all).toMatchObject({ firstSequence: 1, at: 10, head: { sequence: 5 } });
    expect(all.bytes.toString()).toBe(whole);
  });

  it('leave a batch as it is while more come than there was room for, and stay whole afterwards', () => {
    const lines = new SealedLines(chainStart);
    lines.seal(events, times);
    const first = batchOf(lines);
    const many = Array.from({ length: 100 }, () => statement('y'.repeat(60_000)));
    const theirTimes = many.map(() => 60);
    lines.seal(many, theirTimes);
    expect(first.bytes.toString()).toBe(whole);
    lines.written(first);
    const second = batchOf(lines);
    expect(second.bytes.equals(sealed(many, theirTimes, first.head).bytes)).toBe(true);
    lines.written(second);
    lines.seal(events, times);
    expect(batchOf(lines).bytes.equals(sealed(events, times, second.head).bytes)).toBe(true);
  });

  it('are as they were when one of the next cannot be made', () => {
    const lines = new SealedLines(chainStart);
    lines.seal(events.slice(0, 1), times.slice(0, 1));
    expect(() => lines.seal(events.slice(1, 2), [Number.NaN])).toThrow(RangeError);
    lines.seal(events.slice(1), times.slice(1));
    expect(batchOf(lines).bytes.toString()).toBe(whole);
  });
});

describe('a duration', () => {
  const written = (ms: number): unknown =>
    JSON.parse(sealed([statement('', ms)], [0], chainStart).bytes.toString()).durationMs;

  it('is the number of milliseconds with three decimals', () => {
    const usual = fc.double({ min: 0, max: 1e7, noNaN: true });
    const rounded = fc.integer({ min: 0, max: 10_000_000 }).map((microseconds) => microseconds / 1000);
    fc.assert(
      fc.property(fc.oneof(usual, rounded), (ms) => {
        expect(written(ms)).toBe(Math.round(ms * 1000) / 1000);
      }),
    );
  });

  it.each([
    [Number.NaN, null],
    [Number.POSITIVE_INFINITY, null],
    [-1.5, -1.5],
    [-0, 0],
    [1e300, 1e300],
  ])('of %s is still a line that can be read', (ms, read) => {
    expect(written(ms)).toBe(read);
  });
});
