import { describe, expect, test } from 'vitest';
import { int32, message } from './messages.ts';

describe('A08 a length that its field cannot hold', () => {
  test.each([2 ** 31, 2 ** 32, 2 ** 32 + 5])('is not cut to its lower bits: %i', (length) => {
    expect(() => int32(length)).toThrow(RangeError);
  });

  test('makes no message, however large the body is', () => {
    // Zeros that nobody has touched take no memory.
    const body = Buffer.alloc(2 ** 31 - 4);
    expect(() => message(0x51, body)).toThrow(RangeError);
    expect(() => message(0x51, body.subarray(0, 100))).not.toThrow();
  });
});
