import type { Theme } from '../../case.ts';
import { each, hear, pipeline, type RedisStep, raw, say } from '../steps.ts';

const inResp3 = { settings: { protocol: '3' } };
const inResp2 = { settings: { protocol: '2' } };

/** Frames that are no answers: messages and pushes. */
export const listening: Theme<RedisStep> = {
  name: 'listening',
  cases: [
    {
      name: 'a channel',
      steps: [say('SUBSCRIBE c'), say('PUBLISH c hello', { on: 'other' }), hear(1), say('UNSUBSCRIBE c')],
    },
    {
      name: 'several channels and patterns',
      steps: [
        say('SUBSCRIBE c d', { replies: 2 }),
        say('PSUBSCRIBE c* ?', { replies: 2 }),
        pipeline(['PUBLISH c one', 'PUBLISH d two', 'PUBLISH e three', 'PUBLISH nobody four'], {
          on: 'other',
        }),
        hear(6),
        say('UNSUBSCRIBE', { replies: 2 }),
        say('PUNSUBSCRIBE c*'),
        say('PUNSUBSCRIBE'),
      ],
    },
    {
      name: 'a sharded channel',
      steps: [
        say('SSUBSCRIBE c'),
        pipeline(['SPUBLISH c hello', 'PUBLISH c not'], { on: 'other' }),
        hear(1),
        say('SUNSUBSCRIBE'),
      ],
    },
    {
      name: 'sharded and other channels',
      steps: [
        say('SSUBSCRIBE c d', { replies: 2 }),
        say('SUBSCRIBE c'),
        pipeline(['SPUBLISH c 1', 'PUBLISH c 2'], { on: 'other' }),
        hear(2),
        say('SUNSUBSCRIBE c'),
        say('UNSUBSCRIBE'),
        say('SUNSUBSCRIBE'),
      ],
    },
    {
      name: 'leaving what was never entered',
      steps: each('UNSUBSCRIBE', 'PUNSUBSCRIBE', 'SUNSUBSCRIBE', 'UNSUBSCRIBE c'),
    },
    {
      name: 'leaving several that were never entered',
      steps: [say('UNSUBSCRIBE a b c', { replies: 3 }), say('PING')],
    },
    {
      name: 'the same channel twice',
      steps: [
        say('SUBSCRIBE c c', { replies: 2 }),
        say('PUBLISH c x', { on: 'other' }),
        hear(1),
        say('UNSUBSCRIBE', { replies: 1 }),
      ],
    },
    {
      name: 'a channel of any bytes',
      steps: [
        say(['SUBSCRIBE', '\0\r\n']),
        say(['PUBLISH', '\0\r\n', '\r\n+OK\r\n'], { on: 'other' }),
        hear(1),
      ],
    },
    {
      name: 'an empty channel and an empty message',
      steps: [say(['SUBSCRIBE', '']), say(['PUBLISH', '', ''], { on: 'other' }), hear(1)],
    },
    {
      name: 'a channel with a word of the protocol',
      steps: [
        say('SUBSCRIBE message subscribe', { replies: 2 }),
        pipeline(['PUBLISH message subscribe', 'PUBLISH subscribe unsubscribe'], { on: 'other' }),
        hear(2),
      ],
    },
    {
      name: 'a big message',
      steps: [say('SUBSCRIBE c'), say(['PUBLISH', 'c', 'm'.repeat(300_000)], { on: 'other' }), hear(1)],
    },
    {
      name: 'many messages',
      steps: [
        say('SUBSCRIBE c'),
        pipeline(
          Array.from({ length: 500 }, (_, n) => `PUBLISH c ${n}`),
          { on: 'other' },
        ),
        hear(500),
      ],
    },
    {
      name: 'who is there',
      steps: [
        say('SUBSCRIBE c'),
        pipeline(
          [
            'PUBSUB CHANNELS',
            'PUBSUB NUMSUB c d',
            'PUBSUB NUMPAT',
            'PUBSUB SHARDCHANNELS',
            'PUBSUB SHARDNUMSUB c',
          ],
          { on: 'other' },
        ),
      ],
    },
    {
      name: 'a subscription without a channel',
      errors: ['ERR', 'ERR', 'ERR'],
      steps: each('SUBSCRIBE', 'PSUBSCRIBE', 'SSUBSCRIBE', 'PING'),
    },
    { name: 'PING of a subscriber', steps: [say('SUBSCRIBE c'), pipeline(['PING', 'PING hello'])] },
    {
      name: 'other commands of a subscriber in RESP2',
      ...inResp2,
      errors: ['ERR', 'ERR', 'ERR', 'ERR'],
      steps: [say('SUBSCRIBE c'), pipeline(['GET k', 'NOSUCH', 'MULTI', 'SET k v', 'PING'])],
    },
    {
      name: 'other commands of a subscriber in RESP3',
      ...inResp3,
      steps: [
        say('SUBSCRIBE c'),
        pipeline(['SET k v', 'GET k', 'MULTI', 'INCR n', 'EXEC']),
        say('PUBLISH c own', { replies: 2 }),
      ],
    },
    {
      name: 'commands again after the last channel',
      steps: [say('SUBSCRIBE c'), say('UNSUBSCRIBE'), pipeline(['SET k v', 'GET k'])],
    },
    {
      name: 'subscriptions in a pipeline',
      steps: [pipeline(['SET k v', 'SUBSCRIBE a b', 'PING', 'UNSUBSCRIBE', 'GET k'], { replies: 7 })],
    },
    {
      name: 'publishing in a transaction',
      steps: [
        say('SUBSCRIBE c'),
        pipeline(['MULTI', 'PUBLISH c 1', 'SPUBLISH c 2', 'EXEC'], { on: 'other' }),
        hear(1),
      ],
    },
    { name: 'a subscriber that leaves', steps: [say('SUBSCRIBE c'), say('QUIT', { replies: 'closed' })] },
    {
      name: 'a script publishes',
      steps: [
        say('SUBSCRIBE c'),
        say(['EVAL', 'return redis.call("PUBLISH", "c", "x")', '0'], { on: 'other' }),
        hear(1),
      ],
    },
    {
      name: 'changes of keys are told',
      ...inResp3,
      steps: [
        pipeline(['CLIENT TRACKING ON', 'SET a 1', 'GET a', 'GET b']),
        pipeline(['SET a 2', 'SET b 1', 'SET c 1'], { on: 'other' }),
        hear(2),
        say('GET a'),
        say('DEL a', { on: 'other' }),
        hear(1),
        pipeline(['CLIENT TRACKINGINFO', 'CLIENT TRACKING OFF']),
      ],
    },
    {
      name: 'changes of keys with a beginning are told to everybody who asked',
      ...inResp3,
      steps: [
        say('CLIENT TRACKING ON BCAST PREFIX a: PREFIX b:'),
        pipeline(['SET a:1 1'], { on: 'other' }),
        hear(1),
        pipeline(['SET c:1 1', 'SET b:1 1'], { on: 'other' }),
        hear(1),
        say('CLIENT TRACKINGINFO'),
      ],
    },
    {
      name: 'changes are told of what was asked for',
      ...inResp3,
      errors: ['ERR'],
      steps: [
        pipeline(['CLIENT TRACKING ON OPTIN', 'GET a', 'CLIENT CACHING YES', 'GET b', 'CLIENT CACHING NO']),
        pipeline(['SET a 1', 'SET b 1'], { on: 'other' }),
        hear(1),
      ],
    },
    {
      name: 'everything is told to be gone',
      ...inResp3,
      steps: [pipeline(['CLIENT TRACKING ON', 'GET a']), say('FLUSHALL', { on: 'other' }), hear(1)],
    },
    {
      name: 'own changes are told, or not',
      ...inResp3,
      steps: [
        pipeline(['CLIENT TRACKING ON', 'GET a']),
        say('SET a 1', { replies: 2 }),
        pipeline(['CLIENT TRACKING OFF', 'CLIENT TRACKING ON NOLOOP', 'GET a', 'SET a 2']),
      ],
    },
    {
      name: 'tracking with mistakes',
      errors: ['ERR', 'ERR', 'ERR', 'ERR'],
      steps: each(
        'CLIENT TRACKING',
        'CLIENT TRACKING MAYBE',
        'CLIENT TRACKING ON PREFIX a',
        'CLIENT CACHING YES',
        'CLIENT GETREDIR',
        'CLIENT TRACKINGINFO',
      ),
    },
    {
      name: 'tracking ends',
      ...inResp3,
      steps: [
        ...each('CLIENT TRACKING ON', 'GET a', 'CLIENT TRACKING OFF', 'CLIENT GETREDIR'),
        say('SET a 1', { on: 'other' }),
        say('PING'),
      ],
    },
    {
      name: 'an error for a subscription in lines of words',
      errors: ['ERR'],
      steps: [raw('subscribe\r\nsubscribe c\r\n', { replies: 2 })],
    },
  ],
};
