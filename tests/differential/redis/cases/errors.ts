import type { Theme } from '../../case.ts';
import { hear, pipeline, type RedisStep, raw, say } from '../steps.ts';
import { told } from './told.ts';

export const errors: Theme<RedisStep> = {
  name: 'errors',
  cases: [
    ...told([
      [
        'an unknown command',
        [
          'NOSUCH',
          'NOSUCH a b c',
          ['NOSUCH', 'x'.repeat(300), 'y'],
          ['n'.repeat(300)],
          ['NO\r\nSUCH', 'a\r\nb'],
          ['', 'x'],
          'PING',
        ],
        ['ERR', 'ERR', 'ERR', 'ERR', 'ERR', 'ERR'],
      ],
      [
        'an unknown subcommand',
        ['OBJECT NOSUCH', 'XINFO NOSUCH x', 'CLIENT', 'OBJECT', ['XGROUP', 'a\r\nb']],
        ['ERR', 'ERR', 'ERR', 'ERR', 'ERR'],
      ],
      [
        'wrong numbers of arguments',
        ['GET', 'GET a b', 'SET', 'MSET a', 'HSET h', 'ZADD z', 'EXPIRE k', 'XADD x', 'PING'],
        ['ERR', 'ERR', 'ERR', 'ERR', 'ERR', 'ERR', 'ERR', 'ERR'],
      ],
      [
        'good and bad in one pipeline',
        [
          'SET k v',
          'NOSUCH',
          'GET k',
          'LPUSH k x',
          'INCR n',
          'GET',
          'INCR n',
          'HGETALL k',
          'EVALSHA x 0',
          'DEL k n',
        ],
        ['ERR', 'WRONGTYPE', 'ERR', 'WRONGTYPE', 'NOSCRIPT'],
      ],
      ['errors only', Array.from({ length: 300 }, () => 'NOSUCH'), Array.from({ length: 300 }, () => 'ERR')],
      [
        'a long pipeline',
        Array.from({ length: 3_000 }, (_, n) =>
          n % 3 === 0
            ? 'INCR n'
            : n % 3 === 1
              ? `SET k${n % 50} ${'v'.repeat(n % 97)}`
              : `GET k${(n - 1) % 50}`,
        ),
      ],
      ['letters of any size', ['sEt k v', 'get k', 'hGetAll nothing', 'object encoding k', 'ObJeCt hElP']],
      [
        'times and cursors that are none',
        [
          'SET k v',
          'EXPIRE k 9223372036854775807',
          'EXPIRE k x',
          'SCAN 0 COUNT 0',
          'SCAN 0 NOSUCH',
          'GETRANGE k a b',
          'SETBIT k -1 1',
          'SETRANGE k 536870912 x',
        ],
        ['ERR', 'ERR', 'ERR', 'ERR', 'ERR', 'ERR', 'ERR'],
      ],
    ]),
    {
      name: 'what the user may not run',
      errors: ['NOPERM', 'NOPERM', 'NOPERM'],
      steps: [
        pipeline(['SET app:k v', 'GET app:k', 'DEL app:k', 'FLUSHALL', 'INFO', 'PING'], { on: 'limited' }),
      ],
    },
    {
      name: "keys that are not the user's",
      errors: ['NOPERM', 'NOPERM', 'NOPERM', 'NOPERM'],
      steps: [
        pipeline(['GET other', 'MGET app:k other', 'SET other v', 'RENAME app:k other', 'GET app:k'], {
          on: 'limited',
        }),
      ],
    },
    {
      name: "channels that are not the user's",
      errors: ['NOPERM', 'NOPERM', 'NOPERM'],
      steps: [
        pipeline(['PUBLISH other x', 'SUBSCRIBE other', 'PSUBSCRIBE *', 'PUBLISH app:c x'], {
          on: 'limited',
        }),
        say('SUBSCRIBE app:c', { on: 'limited' }),
        say('PUBLISH app:c hello'),
        hear(1, 'limited'),
      ],
    },
    {
      name: 'what the user may not run spoils a transaction',
      errors: ['NOPERM', 'EXECABORT'],
      steps: [pipeline(['MULTI', 'SET app:k v', 'GET other', 'EXEC', 'GET app:k'], { on: 'limited' })],
    },
    {
      name: 'a subscription that is refused within others',
      errors: ['NOPERM'],
      steps: [
        say('SUBSCRIBE app:c', { on: 'limited' }),
        say('SUBSCRIBE app:d other', { on: 'limited' }),
        say('UNSUBSCRIBE', { on: 'limited' }),
      ],
    },
  ],
};

export const lines: Theme<RedisStep> = {
  name: 'lines of words',
  cases: [
    { name: 'a command', steps: [raw('SET k v\r\nGET k\r\n', { replies: 2 })] },
    { name: 'ended by a line feed alone', steps: [raw('SET k v\nGET k\n', { replies: 2 })] },
    {
      name: 'words in quotes',
      steps: [
        raw('SET k "a b\\r\\n\\x00\\xff"\r\nGET k\r\nSET \'a "b\\\'\' ""\r\nGET "a \\"b\'"\r\n', {
          replies: 4,
        }),
      ],
    },
    { name: 'blanks everywhere', steps: [raw('  SET \t k   v  \r\n GET\tk\r\n', { replies: 2 })] },
    { name: 'empty lines are no commands', steps: [raw('\r\n\n   \r\n*0\r\n*-1\r\nPING\r\n')] },
    {
      name: 'among arrays',
      steps: [raw('PING\r\n*1\r\n$4\r\nPING\r\nECHO a\r\n*2\r\n$4\r\nECHO\r\n$1\r\nb\r\n', { replies: 4 })],
    },
    { name: 'a long one', steps: [raw(`SET k ${'v'.repeat(20_000)}\r\nSTRLEN k\r\n`, { replies: 2 })] },
    { name: 'in a transaction', steps: [raw('MULTI\r\nINCR n\r\nEXEC\r\n', { replies: 3 })] },
    {
      name: 'wrong commands',
      errors: ['ERR', 'ERR', 'ERR'],
      steps: [raw('nosuch a b\r\nget\r\n"" x\r\nPING\r\n', { replies: 4 })],
    },
    { name: 'with bytes above 127', steps: [raw('ECHO \xe4\xf6\xfc\r\n')] },
  ],
};
