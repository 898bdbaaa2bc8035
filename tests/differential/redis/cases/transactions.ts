import type { Theme } from '../../case.ts';
import { each, pipeline, type RedisStep, say } from '../steps.ts';
import { told } from './told.ts';

export const transactions: Theme<RedisStep> = {
  name: 'transactions',
  cases: [
    ...told([
      ['commands are queued and run', ['MULTI', 'SET a 1', 'INCR a', 'GET a', 'EXEC', 'GET a']],
      ['one that holds nothing', ['MULTI', 'EXEC', 'MULTI', 'DISCARD']],
      ['one that is given up', ['MULTI', 'SET a 1', 'DISCARD', 'GET a']],
      ['commands fail while it runs', ['MULTI', 'SET a x', 'INCR a', 'LPUSH a 1', 'GET a', 'EXEC']],
      [
        'a wrong command spoils it',
        ['MULTI', 'SET a 1', 'NOSUCH', 'SET b 1', 'EXEC', 'MGET a b'],
        ['ERR', 'EXECABORT'],
      ],
      ['a wrong number of arguments spoils it', ['MULTI', 'SET a', 'EXEC', 'PING'], ['ERR', 'EXECABORT']],
      ['a spoilt one is given up', ['MULTI', 'NOSUCH', 'DISCARD', 'PING'], ['ERR']],
      ['EXEC and DISCARD without it', ['EXEC', 'DISCARD', 'PING'], ['ERR', 'ERR']],
      [
        'answers of every shape',
        [
          'HSET h a 1',
          'ZADD z 1.5 m',
          'SADD s 1',
          'MULTI',
          'HGETALL h',
          'ZRANGE z 0 -1 WITHSCORES',
          'SMEMBERS s',
          'GET nothing',
          'XADD x 1-1 a 1',
          'XREAD STREAMS x 0',
          'ECHO QUEUED',
          'EXEC',
        ],
      ],
      [
        'transactions behind each other',
        [
          'MULTI',
          'INCR n',
          'EXEC',
          'MULTI',
          'INCR n',
          'EXEC',
          'INCR n',
          'MULTI',
          'INCR n',
          'DISCARD',
          'GET n',
        ],
      ],
      ['a long one', ['MULTI', ...Array.from({ length: 2_000 }, () => 'INCR n'), 'EXEC', 'GET n']],
      [
        'blocking commands do not block in it',
        ['MULTI', 'BLPOP l 0', 'XREAD BLOCK 0 STREAMS x $', 'WAIT 1 0', 'EXEC'],
      ],
      [
        'a value that looks like an answer',
        ['MULTI', ['ECHO', '+QUEUED\r\n'], ['SET', 'a', '*-1\r\n'], 'GET a', 'EXEC'],
      ],
    ]),
    { name: 'commands one by one', steps: each('MULTI', 'SET a 1', 'GET a', 'EXEC', 'PING') },
    {
      name: 'a watched key that somebody changes',
      steps: [
        pipeline(['SET a 1', 'WATCH a', 'GET a']),
        say('SET a 2', { on: 'other' }),
        pipeline(['MULTI', 'SET a 3', 'EXEC', 'GET a']),
      ],
    },
    {
      name: 'a watched key that nobody changes',
      steps: [
        pipeline(['SET a 1', 'WATCH a b']),
        say('SET c 2', { on: 'other' }),
        pipeline(['MULTI', 'SET a 3', 'EXEC', 'GET a']),
      ],
    },
    {
      name: 'a key that is not watched any more',
      steps: [
        pipeline(['WATCH a', 'UNWATCH']),
        say('SET a 2', { on: 'other' }),
        pipeline(['MULTI', 'INCR a', 'EXEC', 'WATCH a', 'MULTI', 'DISCARD']),
        say('SET a 7', { on: 'other' }),
        pipeline(['MULTI', 'INCR a', 'EXEC']),
      ],
    },
    {
      name: 'nobody else sees a transaction before it runs',
      steps: [
        pipeline(['MULTI', 'SET a 1']),
        say('GET a', { on: 'other' }),
        say('EXEC'),
        say('GET a', { on: 'other' }),
      ],
    },
    { name: 'a transaction that is left open', steps: [pipeline(['MULTI', 'SET a 1'])] },
    { name: 'a watch that is left', steps: [pipeline(['WATCH a', 'GET a'])] },
  ],
};
