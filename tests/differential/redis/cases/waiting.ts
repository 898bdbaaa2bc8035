import type { DifferentialCase, Theme } from '../../case.ts';
import { blocked, hear, pipeline, type RedisStep, say } from '../steps.ts';
import { told } from './told.ts';

/** Waits with one command, until another client does something. */
function waits(
  name: string,
  waiting: string,
  deed: string,
  before: readonly string[] = [],
): DifferentialCase<RedisStep> {
  return {
    name,
    steps: [
      say('PING', { on: 'other' }),
      ...(before.length === 0 ? [] : [pipeline(before)]),
      say(waiting, { replies: 0 }),
      blocked(1),
      say(deed, { on: 'other' }),
      hear(1),
      say('PING'),
    ],
  };
}

export const waiting: Theme<RedisStep> = {
  name: 'waiting',
  cases: [
    ...told([
      [
        'what is there needs no waiting',
        [
          'RPUSH l a b c',
          'BLPOP l 0',
          'BRPOP nothing l 0',
          'BLMOVE l m LEFT LEFT 0',
          'ZADD z 1 a 2 b',
          'BZPOPMIN z 0',
          'BZPOPMAX z 0',
          'XADD x 1-1 a 1',
          'XREAD BLOCK 0 STREAMS x 0',
          'RPUSH l a',
          'BLMPOP 0 1 l LEFT',
          'ZADD z 1 a',
          'BZMPOP 0 1 z MIN',
          'BRPOPLPUSH m l 0',
        ],
      ],
      [
        'waiting comes to an end',
        [
          'BLPOP l 0.01',
          'BLMOVE l m LEFT LEFT 0.01',
          'BZPOPMIN z 0.01',
          'XREAD BLOCK 1 STREAMS x $',
          'BLMPOP 0.01 1 l LEFT',
          'BRPOPLPUSH l m 0.01',
          'PING',
        ],
      ],
      [
        'waiting with a mistake',
        [
          'BLPOP l x',
          'BLPOP l -1',
          'BLPOP l',
          'XREAD BLOCK -1 STREAMS x $',
          'BLMPOP 0 0 l LEFT',
          'SET s x',
          'BLPOP s 0',
        ],
        ['ERR', 'ERR', 'ERR', 'ERR', 'ERR', 'WRONGTYPE'],
      ],
      ['WAIT without replicas', ['SET a 1', 'WAIT 0 10', 'WAIT 1 1', 'WAIT x 1'], ['ERR']],
    ]),
    waits('BLPOP is served', 'BLPOP l m 0', 'RPUSH m a b'),
    waits('BRPOP is served', 'BRPOP l 0', 'RPUSH l a b'),
    waits('BLMOVE is served', 'BLMOVE l m RIGHT LEFT 0', 'RPUSH l a'),
    waits('BLMPOP is served', 'BLMPOP 0 2 l m LEFT COUNT 2', 'RPUSH m a b c'),
    waits('BZPOPMIN is served', 'BZPOPMIN z 0', 'ZADD z 1.5 a 2 b'),
    waits('BZMPOP is served', 'BZMPOP 0 1 z MAX', 'ZADD z 1.5 a 2 b'),
    waits('XREAD is served', 'XREAD BLOCK 0 STREAMS x $', 'XADD x 1-1 a 1'),
    waits('XREADGROUP is served', 'XREADGROUP GROUP g me BLOCK 0 STREAMS x >', 'XADD x 1-1 a 1', [
      'XGROUP CREATE x g $ MKSTREAM',
    ]),
    {
      name: 'a group that is destroyed while somebody waits',
      errors: ['NOGROUP'],
      steps: waits('', 'XREADGROUP GROUP g me BLOCK 0 STREAMS x >', 'XGROUP DESTROY x g', [
        'XGROUP CREATE x g $ MKSTREAM',
      ]).steps,
    },
    {
      name: 'what was sent behind a waiting command waits too',
      steps: [
        pipeline(['SET a 1', 'BLPOP l 0', 'GET a', 'INCR a'], { replies: 1 }),
        blocked(1),
        pipeline(['SET a 7', 'RPUSH l x'], { on: 'other' }),
        hear(3),
      ],
    },
    {
      name: 'a transaction serves who waits',
      steps: [
        say('BLPOP l 0', { replies: 0 }),
        blocked(1),
        pipeline(['MULTI', 'RPUSH l a', 'LPUSH l b', 'EXEC'], { on: 'other' }),
        hear(1),
      ],
    },
    {
      name: 'two wait for the same',
      steps: [
        say('BLPOP l 0', { replies: 0 }),
        blocked(1),
        say('BLPOP l 0', { on: 'third', replies: 0 }),
        blocked(2),
        say('RPUSH l a b', { on: 'other' }),
        hear(1),
        hear(1, 'third'),
      ],
    },
  ],
};
