import { expect, test } from 'vitest';
import { parseJson } from './parse-json.ts';

const parsed = (number: string) => parseJson(Buffer.from(`{"parameters":[${number}]}`));

test.for([
  '0',
  '-0',
  '0.0',
  '-12.50',
  '1E2',
  '15e-1',
  '9007199254740991',
  '9007199254740992',
  '10000000000000000000000',
  '1.5e300',
  // Java and C print 0.1 and its like so; the double is the same.
  '0.10000000000000001',
])('%s is taken as the number that it is', (number) => {
  expect(parsed(number)).toEqual({ parameters: [Number(number)] });
});

test.for([
  '9007199254740993',
  '-9223372036854775807',
  '18446744073709551615',
  '12345678901234567890.12',
  '1.2345678901234567890',
  '1e400',
  `1${'0'.repeat(100_000)}1`,
])('%s, which would reach the database as another number, is refused', (number) => {
  expect(() => parsed(number)).toThrow(/is more than a JSON number can hold exactly: write it as text/);
});

test('digits inside of a text are nobody’s number', () => {
  expect(parsed('"9007199254740993"')).toEqual({ parameters: ['9007199254740993'] });
});

test.for([Buffer.from('{'), Buffer.from([0x22, 0xff, 0x22]), Buffer.alloc(0)])(
  '%j is no JSON in UTF-8',
  (bytes) => {
    expect(() => parseJson(bytes)).toThrow('The body is not JSON in UTF-8.');
  },
);
