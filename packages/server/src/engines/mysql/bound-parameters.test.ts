import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { StatementText } from '../relaying/index.ts';
import { boundParameters } from './bound-parameters.ts';
import type { Prepared } from './statement.ts';

function prepared(parameterCount: number, given: Partial<Prepared> = {}): Prepared {
  const text = new StatementText('SELECT ?');
  return { text, parameterCount, types: undefined, longData: new Map(), ...given };
}

/** What an execution carries behind its fixed fields: no NULLs, one type, one value. */
function one(type: number, value: Buffer | string): Buffer {
  const bytes = typeof value === 'string' ? Buffer.from(value, 'hex') : value;
  return Buffer.concat([Buffer.from([0, 1, type & 0xff, type >> 8]), bytes]);
}

const unsigned = 0x8000;
const values: readonly [what: string, type: number, hex: string, shown: string | null][] = [
  ['TINYINT', 0x01, 'ff', '-1'],
  ['TINYINT UNSIGNED', 0x01 | unsigned, 'ff', '255'],
  ['SMALLINT', 0x02, '0080', '-32768'],
  ['SMALLINT UNSIGNED', 0x02 | unsigned, '0080', '32768'],
  ['YEAR', 0x0d | unsigned, 'ea07', '2026'],
  ['INT', 0x03, 'feffffff', '-2'],
  ['INT UNSIGNED', 0x03 | unsigned, 'feffffff', '4294967294'],
  ['MEDIUMINT', 0x09, '01000000', '1'],
  ['BIGINT', 0x08, 'ffffffffffffff7f', '9223372036854775807'],
  ['BIGINT UNSIGNED', 0x08 | unsigned, 'ffffffffffffffff', '18446744073709551615'],
  ['FLOAT', 0x04, '0000c03f', '1.5'],
  ['DOUBLE', 0x05, '000000000000f83f', '1.5'],
  ['NULL by its type', 0x06, '', null],
  ['a DATE', 0x0a, '04ea070b15', '2026-11-21'],
  ['a zero DATE', 0x0a, '00', '0000-00-00'],
  ['a DATETIME', 0x0c, '07ea070b15030405', '2026-11-21 03:04:05'],
  ['a TIMESTAMP with microseconds', 0x07, '0bea070b1503040507000000', '2026-11-21 03:04:05.000007'],
  ['a TIME', 0x0b, '080001000000020304', '26:03:04'],
  ['a negative TIME with microseconds', 0x0b, '0c010000000002030401000000', '-02:03:04.000001'],
  ['a zero TIME', 0x0b, '00', '00:00:00'],
  ['text', 0xfd, '05c3a9e282ac', 'é€'],
  ['DECIMAL, which is text', 0xf6, '04312e3530', '1.50'],
  ['bytes', 0xfc, '02ff00', '\\xff00'],
];

describe('a parameter', () => {
  test.for(values)('of type %s is shown as SQL writes it', ([, type, hex, shown]) => {
    expect(boundParameters(one(type, hex), prepared(1))).toEqual({ values: [shown], types: [type] });
  });

  test('that is NULL takes no bytes', () => {
    const payload = Buffer.from([0b101, 1, 3, 0, 3, 0, 3, 0, 7, 0, 0, 0]);
    expect(boundParameters(payload, prepared(3)).values).toEqual([null, '7', null]);
  });

  test('keeps the type of the execution before when none is given', () => {
    const payload = Buffer.from([0, 0, 9, 0, 0, 0]);
    expect(boundParameters(payload, prepared(1, { types: [3] })).values).toEqual(['9']);
  });

  test('that was sent ahead is shown by its size, and takes no bytes', () => {
    const payload = Buffer.from([0, 1, 0xfc, 0, 3, 0, 5, 0, 0, 0]);
    const longData = new Map([[0, 70_000]]);
    expect(boundParameters(payload, prepared(2, { longData })).values).toEqual([
      '[70000 bytes sent ahead]',
      '5',
    ]);
  });

  test('that was cut is marked, and so is what follows it', () => {
    const payload = Buffer.concat([Buffer.from([0, 1, 0xfd, 0, 3, 0, 200]), Buffer.from('only this much')]);
    expect(boundParameters(payload, prepared(2)).values).toEqual(['only this much…', '…']);
  });

  test('is no reason to fail, whatever bytes come', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), fc.nat(70), (bytes, count) => {
        const { values: shown } = boundParameters(Buffer.from(bytes), prepared(count));
        expect(shown.length).toBeLessThanOrEqual(count);
      }),
      { numRuns: 3_000 },
    );
  });
});
