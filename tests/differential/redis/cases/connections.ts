import type { Theme } from '../../case.ts';
import { each, hear, pipeline, type RedisStep, raw, say } from '../steps.ts';
import { told } from './told.ts';

export const connections: Theme<RedisStep> = {
  name: 'the connection itself',
  cases: [
    ...told([
      [
        'PING and ECHO',
        ['PING', 'PING hello', ['PING', ''], 'ECHO hello', ['ECHO', '\r\n\0'], 'PING a b', 'ECHO'],
        ['ERR', 'ERR'],
      ],
      ['the own database', ['SELECT 0', 'SET k v', 'SELECT 0', 'GET k', 'SELECT'], ['ERR']],
      [
        'a name',
        [
          'CLIENT GETNAME',
          'CLIENT SETNAME me',
          'CLIENT GETNAME',
          ['CLIENT', 'SETNAME', ''],
          'CLIENT GETNAME',
          ['CLIENT', 'SETNAME', 'a b'],
          'CLIENT SETNAME',
        ],
        ['ERR', 'ERR'],
      ],
      ['who is signed in', ['ACL WHOAMI', 'ACL CAT nosuch', 'ACL WHOAMI x'], ['ERR', 'ERR']],
      [
        'what the server can',
        [
          'COMMAND COUNT',
          'COMMAND INFO get nosuch',
          'COMMAND GETKEYS MSET a 1 b 2',
          'COMMAND LIST FILTERBY PATTERN xre*',
          'COMMAND NOSUCH',
        ],
        ['ERR'],
      ],
      ['help', ['OBJECT HELP', 'XGROUP HELP', 'PUBSUB HELP', 'MEMORY HELP', 'COMMAND HELP']],
      ['memory of a key', ['SET k v', 'MEMORY USAGE k', 'MEMORY USAGE nothing', 'MEMORY USAGE'], ['ERR']],
    ]),
    { name: 'its number', steps: [say('CLIENT ID', { varying: 'numbers' })] },
    {
      name: 'what the server knows of it',
      steps: [pipeline(['CLIENT SETNAME me', 'SELECT 0']), say('CLIENT INFO', { varying: 'client info' })],
    },
    { name: 'the time', steps: [say('TIME', { varying: 'numbers' })] },
    {
      name: 'HELLO',
      steps: [
        say('HELLO', { varying: 'hello' }),
        say('HELLO 2', { varying: 'hello' }),
        say('HELLO 3', { varying: 'hello' }),
        say('HELLO', { varying: 'hello' }),
      ],
    },
    {
      name: 'HELLO changes the protocol in the middle',
      steps: [
        say('HSET h a 1'),
        say('HELLO 3', { varying: 'hello' }),
        pipeline(['HGETALL h', 'GET nothing']),
        say('HELLO 2', { varying: 'hello' }),
        pipeline(['HGETALL h', 'GET nothing']),
      ],
    },
    {
      name: 'HELLO in a pipeline',
      steps: [
        pipeline(['HSET h a 1', 'HGETALL h', 'HELLO 3', 'HGETALL h', 'HELLO 2', 'HGETALL h'], {
          varying: 'hello',
        }),
      ],
    },
    {
      name: 'HELLO with a name',
      errors: ['ERR'],
      steps: [
        say('HELLO 3 SETNAME me', { varying: 'hello' }),
        say('CLIENT GETNAME'),
        say(['HELLO', '3', 'SETNAME', 'a b']),
        say('CLIENT GETNAME'),
      ],
    },
    {
      name: 'HELLO with a mistake',
      errors: ['NOPROTO', 'NOPROTO', 'ERR', 'ERR', 'ERR', 'ERR', 'ERR'],
      steps: each(
        'HELLO 4',
        'HELLO 0',
        'HELLO x',
        'HELLO 3 NOSUCH',
        'HELLO 3 AUTH a',
        'HELLO 3 SETNAME',
        'HELLO 99999999999999999999',
        'PING',
      ),
    },
    {
      name: 'HELLO signs in again',
      steps: [
        say('HELLO 3 AUTH $user $password', { varying: 'hello' }),
        say('ACL WHOAMI'),
        say('HELLO 2 AUTH $user $password SETNAME me', { varying: 'hello' }),
        say('CLIENT GETNAME'),
      ],
    },
    {
      name: 'AUTH signs in again',
      steps: [pipeline(['SET k v', 'AUTH $user $password', 'GET k', 'ACL WHOAMI'])],
    },
    { name: 'AUTH with a mistake', errors: ['ERR', 'ERR'], steps: each('AUTH', 'AUTH a b c', 'PING') },
    {
      name: 'AUTH of a subscriber in RESP2',
      settings: { protocol: '2' },
      errors: ['ERR', 'ERR'],
      steps: [say('SUBSCRIBE c'), say('AUTH $user $password'), say('HELLO 3'), say('PING')],
    },
    {
      name: 'AUTH of a subscriber in RESP3',
      settings: { protocol: '3' },
      steps: [say('SUBSCRIBE c'), say('AUTH $user $password'), say('PUBLISH c x', { on: 'other' }), hear(1)],
    },
    {
      name: 'RESET',
      errors: ['NOAUTH', 'NOAUTH'],
      steps: [
        pipeline(['SET k v', 'CLIENT SETNAME me', 'RESET', 'GET k', 'PING']),
        pipeline(['AUTH $user $password', 'GET k', 'CLIENT GETNAME', 'HSET h a 1', 'HGETALL h']),
      ],
    },
    {
      name: 'RESET ends a transaction and a watch',
      steps: [
        pipeline(['WATCH k', 'MULTI', 'SET k v', 'RESET']),
        pipeline(['AUTH $user $password', 'GET k']),
      ],
    },
    {
      name: 'RESET ends subscriptions',
      steps: [
        say('SUBSCRIBE c'),
        say('RESET'),
        say('AUTH $user $password'),
        say('PUBLISH c x', { on: 'other' }),
        say('SET k v'),
      ],
    },
    {
      name: 'RESET of a subscriber with much before and behind',
      errors: ['NOAUTH'],
      steps: [
        say('PSUBSCRIBE a* b*', { replies: 2 }),
        pipeline(['PING', 'RESET', 'PING', 'AUTH $user $password', 'PING']),
      ],
    },
    {
      name: 'RESET and HELLO',
      steps: [
        say('RESET'),
        say('HELLO 3 AUTH $user $password', { varying: 'hello' }),
        pipeline(['HSET h a 1', 'HGETALL h']),
      ],
    },
    { name: 'RESET with arguments', errors: ['ERR'], steps: each('RESET x', 'PING') },
    { name: 'QUIT', steps: [say('QUIT', { replies: 'closed' })] },
    { name: 'QUIT in any letters, with arguments', steps: [say('qUiT now', { replies: 'closed' })] },
    {
      name: 'QUIT behind others',
      steps: [
        pipeline(['SET k v', 'GET k', 'QUIT', 'SET k w'], { replies: 'closed' }),
        say('GET k', { on: 'other' }),
      ],
    },
    { name: 'QUIT in lines of words', steps: [raw('PING\r\nquit\r\nPING\r\n', { replies: 'closed' })] },
    {
      name: 'answers to a transaction before QUIT',
      steps: [pipeline(['SET a 1', 'GET a']), say('QUIT', { replies: 'closed' })],
    },
  ],
};
