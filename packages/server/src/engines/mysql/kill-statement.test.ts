import { expect, test } from 'vitest';
import { parseKill } from './kill-statement.ts';

const kills: readonly [text: string, what: 'statement' | 'session', id: number][] = [
  ['KILL QUERY 4711', 'statement', 4711],
  ['kill query 4711;', 'statement', 4711],
  ['KILL 4711', 'session', 4711],
  ['  KILL\tCONNECTION\n4711 ; ', 'session', 4711],
  ['KILL SOFT QUERY 4294967295', 'statement', 4294967295],
  ['KILL HARD CONNECTION 1', 'session', 1],
  ['/* tool; 1 */ KILL /***/ QUERY /* KILL 2 */ 3 -- 4', 'statement', 3],
  ['# why\nKILL 3', 'session', 3],
];
test.for(kills)('%s means a session of ours', ([text, what, connectionId]) => {
  expect(parseKill(text)).toEqual({ what, connectionId });
});

test.for([
  'KILL QUERY CONNECTION_ID()',
  'KILL QUERY ID 7',
  'KILL USER ann',
  'KILL -1',
  'KILL 1; DROP TABLE t',
  'KILL 99999999999',
  'SELECT 1 /* KILL 5 */',
  `KILL ${' '.repeat(1_200)}5`,
  'KILL --3',
  'KILL/*! 1 */ 3',
  '/*M! KILL 3 */',
  '/*!50000 KILL 3 */',
  'KILL @id',
  'KILL (3)',
  'KILL 1 + 2',
  '',
])('%s is no plain KILL', (text) => {
  expect(parseKill(text)).toBeUndefined();
});
