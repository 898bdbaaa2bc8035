import type { Theme } from '../../case.ts';
import { type RedisStep, raw } from '../steps.ts';

export const brokenBytes: Theme<RedisStep> = {
  name: 'bytes that are no commands',
  cases: (
    [
      ['a count that is no number', '*x\r\n'],
      ['a count that is too big', '*2147483648\r\n'],
      ['a count beyond all numbers', '*99999999999999999999\r\n'],
      ['a count with a plus', '*+1\r\n'],
      ['a count with a zero before it', '*01\r\n'],
      ['a count with a blank', '* 1\r\n'],
      ['no count', '*\r\n'],
      ['a length without its sign', '*1\r\n4\r\nPING\r\n'],
      ['a number instead of a string', '*1\r\n:1\r\n'],
      ['an array within the array', '*1\r\n*1\r\n'],
      ['an empty line instead of a string', '*1\r\n\r\n'],
      ['a length that is no number', '*1\r\n$x\r\n'],
      ['a negative length', '*1\r\n$-1\r\n'],
      ['a length that is too big', '*1\r\n$536870913\r\n'],
      ['a length beyond all numbers', '*2\r\n$4\r\nECHO\r\n$99999999999999999999\r\n'],
      ['a length with a zero before it', '*1\r\n$04\r\nPING\r\n'],
      ['no length', '*1\r\n$\r\n'],
      ['a quote that is not closed', 'ECHO "a\r\n'],
      ['a single quote that is not closed', "ECHO 'a\r\n"],
      ['a line that is too long', 'x'.repeat(70_000)],
    ] as const
  ).map(([name, bytes]) => ({
    name,
    errors: ['ERR'],
    steps: [raw(`*2\r\n$4\r\nECHO\r\n$6\r\nbefore\r\n${bytes}`, { replies: 'closed' as const })],
  })),
};
