import type { RedisVersion } from '../../../support/redis-program.ts';
import type { Theme } from '../../case.ts';
import type { RedisStep } from '../steps.ts';
import { type Told, told } from './told.ts';

/** How often each version gives an error where the others answer something else. */
const errors: Readonly<
  Record<
    RedisVersion,
    {
      readonly setInfo: number;
      readonly noTouch: number;
      readonly readOnly: number;
      readonly nested: readonly string[];
      readonly arguments: readonly string[];
    }
  >
> = {
  '7': {
    setInfo: 4,
    noTouch: 3,
    readOnly: 3,
    nested: ['ERR'],
    arguments: ['ERR', 'ERR', 'EXECABORT', 'ERR'],
  },
  '8': {
    setInfo: 2,
    noTouch: 1,
    readOnly: 3,
    nested: ['ERR'],
    arguments: ['ERR', 'ERR', 'EXECABORT', 'ERR'],
  },
  'valkey-9': {
    setInfo: 2,
    noTouch: 1,
    readOnly: 1,
    nested: ['ERR', 'EXECABORT'],
    arguments: ['ERR', 'ERR', 'EXECABORT', 'ERR'],
  },
};

/** What only newer servers know. */
const newer: readonly Told[] = [
  ['RESET, and HELLO without signing in', ['RESET', 'HELLO 3', 'AUTH $user $password', 'PING'], ['NOAUTH']],
];
const ofVersion: Readonly<Record<RedisVersion, readonly Told[]>> = {
  '7': [],
  '8': [
    ...newer,
    [
      'fields that expire',
      [
        'HSET h a 1 b 2',
        'HEXPIRE h 1000 FIELDS 1 a',
        'HTTL h FIELDS 3 a b c',
        'HPERSIST h FIELDS 1 a',
        'HEXPIRE h 0 FIELDS 1 b',
        'HGETALL h',
        'HGETDEL h FIELDS 1 a',
        'HSETEX h EX 100 FIELDS 1 a 1',
        'HGETEX h FIELDS 1 a',
        'HEXPIRE h x FIELDS 1 a',
      ],
      ['ERR'],
    ],
  ],
  'valkey-9': [
    ...newer,
    [
      'fields that expire',
      [
        'HSET h a 1 b 2',
        'HEXPIRE h 1000 FIELDS 1 a',
        'HTTL h FIELDS 3 a b c',
        'HPERSIST h FIELDS 1 a',
        'HGETALL h',
        'HEXPIRE h x FIELDS 1 a',
      ],
      ['ERR'],
    ],
    [
      'a key that is deleted when it holds a value',
      ['SET k v', 'DELIFEQ k w', 'DELIFEQ k v', 'SET k w IFEQ v', 'GET k'],
    ],
  ],
};

/** What the versions answer differently, each the same on both ways. */
export function byVersion(version: RedisVersion): Theme<RedisStep> {
  const { setInfo, noTouch, readOnly, nested, arguments: wrongArguments } = errors[version];
  const many = (count: number) => Array.from({ length: count }, () => 'ERR');
  return {
    name: 'what differs between servers',
    cases: told([
      [
        'what a library says of itself',
        [
          'CLIENT SETINFO LIB-NAME lib',
          'CLIENT SETINFO LIB-VER 1.2',
          'CLIENT SETINFO NOSUCH x',
          ['CLIENT', 'SETINFO', 'LIB-NAME', 'a b'],
        ],
        many(setInfo),
      ],
      ['NO-TOUCH', ['CLIENT NO-TOUCH ON', 'CLIENT NO-TOUCH OFF', 'CLIENT NO-TOUCH MAYBE'], many(noTouch)],
      ['READONLY without a cluster', ['READONLY', 'READWRITE', 'ASKING', 'PING'], many(readOnly)],
      ['MULTI within MULTI', ['MULTI', 'MULTI', 'SET a 1', 'EXEC', 'GET a'], nested],
      ['WATCH within MULTI', ['MULTI', 'WATCH a', 'PING', 'EXEC', 'PING'], nested],
      [
        'MULTI, EXEC and DISCARD with arguments',
        ['MULTI x', 'EXEC', 'MULTI', 'EXEC x', 'DISCARD', 'PING'],
        wrongArguments,
      ],
      ...ofVersion[version],
    ]),
  };
}
