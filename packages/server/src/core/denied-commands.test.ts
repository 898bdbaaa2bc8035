import { expect, test } from 'vitest';
import { allowingCommand, isDenied } from './denied-commands.ts';

const nothing: ReadonlySet<string> = new Set();

const cases: readonly [
  name: string,
  subcommand: string | undefined,
  allowed: readonly string[],
  denied: boolean,
][] = [
  ['GET', 'K', [], false],
  ['KEYS', '*', [], true],
  ['KEYS', '*', ['KEYS'], false],
  ['EVAL', 'RETURN 1', ['EVAL'], false],
  ['EVALSHA', 'X', ['EVAL'], true],
  ['CLIENT', 'ID', [], false],
  ['CLIENT', undefined, [], false],
  ['CLIENT', 'LIST', [], true],
  ['CLIENT', 'LIST', ['CLIENT LIST'], false],
  ['CLIENT', 'KILL', ['CLIENT LIST'], true],
  ['CLIENT', 'KILL', ['CLIENT'], false],
  ['CLIENT', 'REPLY', ['CLIENT'], true],
  ['CLIENT', 'REPLY', ['CLIENT REPLY'], true],
  ['CLIENT', 'CAPA', ['CLIENT', 'CLIENT CAPA'], true],
  ['SCRIPT', 'LOAD', ['SCRIPT'], false],
  ['SCRIPT', 'DEBUG', ['SCRIPT', 'SCRIPT DEBUG'], true],
  ['MONITOR', undefined, ['MONITOR'], true],
  ['PSYNC', '?', ['PSYNC'], true],
  ['SYNC', undefined, ['SYNC'], true],
];

test.for(cases)('%s %s with %j allowed: refused %s', ([name, subcommand, allowed, denied]) => {
  expect(isDenied(name, subcommand, allowed.length === 0 ? nothing : new Set(allowed))).toBe(denied);
});

test.for([
  ['KEYS', 'counts'],
  ['FLUSHALL ASYNC', 'counts'],
  ['CLIENT', 'counts'],
  ['CLIENT LIST', 'counts'],
  ['CLIENT ID', 'not_listed'],
  ['CLIENT CAPA', 'never'],
  ['SCRIPT DEBUG', 'never'],
  ['MONITOR', 'never'],
  ['SYNC NOW', 'never'],
  ['GET', 'not_listed'],
  ['SELECT', 'not_listed'],
] as const)('to allow %s: %s', ([command, outcome]) => {
  expect(allowingCommand(command)).toBe(outcome);
});
