import type { Asking } from '../questions.ts';
import { payload, rowsEach } from '../tagged.ts';
import { array, bulk, type Exchange, exchange, integer, map, nothing, ok } from './exchange.ts';
import type { RedisSession } from './redis-session.ts';

export type Ask = Asking<RedisSession, Exchange>;

/** One own key. */
export const get: Ask = ({ person }, random) => {
  const n = random.below(rowsEach);
  return [exchange(['GET', `t:${person}:${n}`], bulk(payload(person, n)))];
};

/** Several own keys, some of which are not there. */
export const getMany: Ask = ({ person, protocol }, random) => {
  const numbers = Array.from({ length: random.between(1, 12) }, () => random.below(rowsEach + 5));
  const values = numbers.map((n) => (n < rowsEach ? bulk(payload(person, n)) : nothing(protocol)));
  return [exchange(['MGET', ...numbers.map((n) => `t:${person}:${n}`)], array(...values))];
};

/** A part of the own list. */
export const listRange: Ask = ({ person }, random) => {
  const from = random.below(rowsEach);
  const length = random.below(Math.min(12, rowsEach - from)) + 1;
  const values = Array.from({ length }, (_, index) => bulk(payload(person, from + index)));
  return [exchange(['LRANGE', `l:${person}`, String(from), String(from + length - 1)], array(...values))];
};

/** The own hash, which the two versions show differently. */
export const hash: Ask = ({ person, protocol }) => [
  exchange(['HGETALL', `h:${person}`], map(protocol, bulk('owner'), bulk(String(person)))),
];

/** A value there and back, and gone again. */
export const echo: Ask = (session, random) => {
  const word = session.word();
  const value = `${word} `.repeat(random.between(1, random.chance(10) ? 1_000 : 20));
  const key = `k:${word}`;
  return [
    exchange(['SET', key, value], ok),
    exchange(['GETDEL', key], bulk(value)),
    exchange(['GET', key], nothing(session.protocol)),
    exchange(['ECHO', word], bulk(word)),
  ];
};

/** A number that goes up with each: a reply out of order shows. */
export const count: Ask = (session) => {
  session.counted += 1;
  return [exchange(['INCR', `c:${session.parts.name}`], integer(session.counted))];
};

/** Errors with an own word, and refusals of the gateway, each at its place. */
export const failure: Ask = (session, random) => {
  const word = session.word();
  switch (random.below(4)) {
    case 0:
      return [exchange([word, 'x'], new RegExp(`^-ERR unknown command .*${word}`))];
    case 1:
      return [exchange(['GET', `l:${session.person}`], /^-WRONGTYPE /)];
    case 2:
      return [exchange(['INCRBY', `c:${word}`, word], /^-ERR value is not an integer/)];
    default: {
      const refused = random.pick<readonly string[]>([
        ['SELECT', '1'],
        ['KEYS', '*'],
        ['CLIENT', 'REPLY', 'OFF'],
        ['CLIENT', 'REPLY', 'SKIP'],
        ['MONITOR'],
        ['CONFIG', 'GET', word],
        ['FLUSHALL'],
        ['EVAL', 'return 1', '0'],
      ]);
      return [exchange(refused, /^-NOPERM /)];
    }
  }
};

/** The own name of the connection. */
export const setMarker: Ask = (session) => {
  session.marker = session.word();
  return [exchange(['CLIENT', 'SETNAME', session.marker], ok)];
};

/** It is still what it was. */
export const readMarker: Ask = ({ marker, protocol }) => [
  exchange(['CLIENT', 'GETNAME'], marker === '' ? nothing(protocol) : bulk(marker)),
];
