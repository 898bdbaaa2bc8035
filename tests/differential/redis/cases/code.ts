import type { Theme } from '../../case.ts';
import { administrator, busy, hear, pipeline, type RedisStep, say } from '../steps.ts';
import { told } from './told.ts';

const library =
  '#!lua name=lib\nredis.register_function("first", function(keys, args) return {keys[1], args[1]} end)\nredis.register_function{function_name="none", callback=function() return redis.call("GET", "k") end, flags={"no-writes"}}';

export const code: Theme<RedisStep> = {
  name: 'scripts and functions',
  cases: [
    ...told([
      [
        'a script returns values',
        [
          ['EVAL', 'return {1, "two", {3}, false, true, 2.7}', '0'],
          ['EVAL', 'return', '0'],
          ['EVAL', 'return redis.status_reply("FINE")', '0'],
          ['EVAL', 'return {KEYS[1], ARGV[1]}', '1', 'k', 'a'],
        ],
      ],
      [
        'a script calls commands',
        [
          ['EVAL', 'redis.call("SET", KEYS[1], ARGV[1]); return redis.call("GET", KEYS[1])', '1', 'k', 'v'],
          ['EVAL', 'return redis.pcall("INCR", KEYS[1])', '1', 'k'],
          ['EVAL', 'return redis.call("HGETALL", "nothing")', '0'],
        ],
        ['ERR'],
      ],
      [
        'a script fails',
        [
          ['EVAL', 'return redis.call("INCR", "l")', '0'],
          ['EVAL', 'error("mine")', '0'],
          ['EVAL', 'return redis.error_reply("MINE own")', '0'],
          ['EVAL', 'this is no lua', '0'],
          ['EVAL', 'return nosuch', '0'],
          'EVAL x',
          ['EVAL', 'return 1', 'x'],
          ['EVAL', 'return 1', '3', 'a'],
        ],
        ['ERR', 'MINE', 'ERR', 'ERR', 'ERR', 'ERR', 'ERR'],
      ],
      [
        'a script answers in RESP3',
        [
          ['EVAL', 'redis.setresp(3); return redis.call("HGETALL", KEYS[1])', '1', 'h'],
          ['EVAL', 'return {double=3.5}', '0'],
          ['EVAL', 'return {map={a=1}}', '0'],
          ['EVAL', 'return {set={x=true}}', '0'],
          ['EVAL', 'return {big_number="123456789012345678901234567890"}', '0'],
          ['EVAL', 'return {verbatim_string={format="txt", string="hi"}}', '0'],
          ['EVAL', 'redis.setresp(3); return true', '0'],
        ],
      ],
      [
        'a script that reads only',
        [
          ['EVAL_RO', 'return redis.call("GET", "k")', '0'],
          ['EVAL_RO', 'return redis.call("SET", "k", "v")', '0'],
        ],
        ['ERR'],
      ],
      [
        'a script by its hash',
        [
          'SCRIPT FLUSH',
          ['SCRIPT', 'LOAD', 'return 7'],
          'EVALSHA 5ff9be4b4ed5aa13b3a30ee92bb1ddb5a8cd2d3b 0',
          ['EVAL', 'return 7', '0'],
          'SCRIPT EXISTS 5ff9be4b4ed5aa13b3a30ee92bb1ddb5a8cd2d3b x',
          'EVALSHA ffffffffffffffffffffffffffffffffffffffff 0',
          'EVALSHA short 0',
        ],
        ['NOSCRIPT', 'NOSCRIPT', 'NOSCRIPT'],
      ],
      [
        'scripts in a transaction',
        [
          'MULTI',
          ['EVAL', 'return redis.call("INCR", "n")', '0'],
          ['EVAL', 'error("mine")', '0'],
          'EVALSHA ffffffffffffffffffffffffffffffffffffffff 0',
          'EXEC',
        ],
      ],
      [
        'the script cache',
        ['SCRIPT FLUSH', 'SCRIPT FLUSH NOW', 'SCRIPT NOSUCH', 'SCRIPT KILL', 'SCRIPT'],
        ['ERR', 'ERR', 'NOTBUSY', 'ERR'],
      ],
      [
        'functions',
        [
          'FUNCTION FLUSH',
          ['FUNCTION', 'LOAD', library],
          'FCALL first 1 k a',
          'FCALL_RO none 0',
          'FCALL_RO first 0',
          'FCALL nosuch 0',
          'FUNCTION LIST',
          'FUNCTION DELETE lib',
          'FUNCTION DELETE lib',
        ],
        ['ERR', 'ERR', 'ERR'],
      ],
      [
        'functions with mistakes',
        [
          'FUNCTION FLUSH',
          ['FUNCTION', 'LOAD', 'no header'],
          ['FUNCTION', 'LOAD', library],
          ['FUNCTION', 'LOAD', library],
          ['FUNCTION', 'LOAD', 'REPLACE', library],
          'FUNCTION KILL',
          'FUNCTION RESTORE x',
          'FCALL first',
        ],
        ['ERR', 'ERR', 'NOTBUSY', 'ERR', 'ERR'],
      ],
      ['a long script', [['EVAL', `return ${'1+'.repeat(200)}1 --${'x'.repeat(50_000)}`, '0']]],
    ]),
    {
      name: 'a script that does not end, and the others meanwhile',
      errors: ['BUSY', 'BUSY', 'ERR'],
      steps: [
        say('PING', { on: 'other' }),
        say(['EVAL', 'while true do end', '0'], { replies: 0 }),
        busy,
        pipeline(['GET k', 'SET k v'], { on: 'other' }),
        say('SCRIPT KILL', { on: 'other' }),
        hear(1),
        pipeline(['PING']),
        say('PING', { on: 'other' }),
      ],
    },
    {
      name: 'a server that has no memory left',
      errors: ['OOM', 'OOM', 'OOM', 'EXECABORT'],
      steps: [
        administrator('CONFIG SET maxmemory 1'),
        pipeline([
          'SET k v',
          'GET k',
          'DEL k',
          ['EVAL', 'return redis.call("SET", "k", "v")', '0'],
          'MULTI',
          'SET k v',
          'EXEC',
        ]),
        administrator('CONFIG SET maxmemory 0'),
        say('SET k v'),
      ],
    },
    {
      // A write that is refused there ends the session, on purpose (`docs/redis.md`).
      name: 'a server that is a replica',
      steps: [
        say('PING'),
        administrator('REPLICAOF 127.0.0.1 1'),
        pipeline(['GET k', 'MULTI', 'GET k', 'EXEC']),
        administrator('REPLICAOF NO ONE'),
        say('SET k v'),
      ],
    },
    {
      name: 'a server whose replica serves no old data',
      errors: ['MASTERDOWN'],
      steps: [
        say('PING'),
        administrator('CONFIG SET replica-serve-stale-data no'),
        administrator('REPLICAOF 127.0.0.1 1'),
        say('GET k'),
        administrator('REPLICAOF NO ONE'),
        administrator('CONFIG SET replica-serve-stale-data yes'),
        say('GET k'),
      ],
    },
    {
      name: 'a server that has too few replicas',
      errors: ['NOREPLICAS'],
      steps: [
        administrator('CONFIG SET min-replicas-to-write 1'),
        pipeline(['SET k v', 'GET k']),
        administrator('CONFIG SET min-replicas-to-write 0'),
        say('SET k v'),
      ],
    },
  ],
};
