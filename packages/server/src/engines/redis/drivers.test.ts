import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { promisify } from 'node:util';
import { Redis } from 'ioredis';
import { createClient } from 'redis';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { EngineDoor } from '../../../../../tests/support/engine-door.ts';
import { RedisFixture } from '../../../../../tests/support/redis-fixture.ts';
import { Refusal } from '../../core/index.ts';

const run = promisify(execFile);

let fixture: RedisFixture;
let door: EngineDoor;
/** Tokens that were shown in the middle of sessions; those that begin with `fresh` are good. */
const shown: string[] = [];

beforeAll(async () => {
  fixture = await RedisFixture.start();
});
beforeEach(async () => {
  await fixture.admin.flushall();
  shown.length = 0;
  door = await fixture.open({
    reuse: true,
    observer: {
      wantsParameters: false,
      finished: () => {},
      reauthenticate: async (credential) => {
        shown.push(credential.reveal());
        if (!credential.reveal().startsWith('fresh')) throw new Refusal('token_invalid');
      },
    },
  });
});
afterEach(async () => {
  await fixture.closeDoors();
});
afterAll(async () => {
  await fixture.stop();
});

describe('redis-cli', () => {
  test.each<[how: string, args: readonly string[], env: Record<string, string>]>([
    ['a user and a token', ['--user', 'reader', '--pass', 'token'], {}],
    ['a token from the environment', [], { REDISCLI_AUTH: 'token' }],
    ['RESP3', ['-3', '-a', 'token'], {}],
  ])('signs in with %s', async (_, args, env) => {
    const { stdout } = await run('redis-cli', ['-p', String(door.port), ...args, 'ACL', 'WHOAMI'], {
      env: { ...process.env, ...env },
    });
    expect(stdout.trim()).toBe('relay_app');
  });

  test('sends a file of commands through a pipe', async () => {
    const child = spawn('redis-cli', ['-p', String(door.port), '-a', 'token', '--no-auth-warning', '--pipe']);
    let output = '';
    child.stdout.on('data', (text) => {
      output += text;
    });
    const commands = Array.from({ length: 10_000 }, (_, n) => `SET key:${n} "value ${n}"\r\n`);
    child.stdin.end(commands.join(''));
    await once(child, 'close');
    expect(output).toContain('errors: 0, replies: 10000');
    expect(await fixture.admin.dbsize()).toBe(10_000);
  });

  test('says what is wrong with a token', async () => {
    const url = `redis://reader:token@127.0.0.1:${door.port}`;
    const { stdout } = await run('redis-cli', ['-u', url, 'AUTH', 'stale']);
    expect(stdout).toContain('WRONGPASS This access token is not valid any more.');
  });
});

describe('ioredis', () => {
  test.each([{}, { username: 'reader', db: 0 }])(
    'works as with a server of its own (%o)',
    async (options) => {
      const client = new Redis({ port: door.port, password: 'token', ...options });
      try {
        await client.set('a', '1');
        expect(await client.pipeline().incr('a').get('a').exec()).toEqual([
          [null, 2],
          [null, '2'],
        ]);
        expect(await client.multi().incr('a').hset('h', { f: 'v' }).exec()).toEqual([
          [null, 3],
          [null, 1],
        ]);
        await expect(client.lpush('a', 'x')).rejects.toThrow('WRONGTYPE');
        const blocked = client.duplicate();
        const popped = blocked.blpop('list', 0);
        await fixture.blocked(1);
        await client.rpush('list', 'x');
        expect(await popped).toEqual(['list', 'x']);
        blocked.disconnect();
      } finally {
        client.disconnect();
      }
    },
  );

  test('subscribes, and unsubscribes', async () => {
    const client = new Redis({ port: door.port, password: 'token' });
    try {
      const message = once(client, 'message');
      await client.subscribe('one', 'two');
      await fixture.admin.publish('two', 'hello');
      expect(await message).toEqual(['two', 'hello']);
      await client.unsubscribe();
      expect(await client.ping()).toBe('PONG');
    } finally {
      client.disconnect();
    }
  });
});

describe('node-redis', () => {
  test.each([2, 3] as const)('works as with a server of its own, in RESP%i', async (RESP) => {
    const client = createClient({
      url: `redis://reader:token@127.0.0.1:${door.port}`,
      RESP,
    });
    client.on('error', () => {});
    await client.connect();
    try {
      await client.hSet('h', { f: 'v', g: 'w' });
      expect({ ...(await client.hGetAll('h')) }).toEqual({ f: 'v', g: 'w' });
      expect(await client.multi().set('a', '1').incr('a').exec()).toEqual(['OK', 2]);
      const subscriber = client.duplicate();
      subscriber.on('error', () => {});
      await subscriber.connect();
      const { promise, resolve } = Promise.withResolvers<string>();
      await subscriber.pSubscribe('c*', resolve);
      await client.publish('channel', 'hello');
      expect(await promise).toBe('hello');
      await subscriber.pUnsubscribe();
      await subscriber.close();
      await client.xAdd('s', '*', { f: 'v' });
      expect(await client.xRead({ key: 's', id: '0' })).toHaveLength(1);
    } finally {
      client.destroy();
    }
  });

  test('keeps a session alive with a provider that streams fresh tokens', async () => {
    let renew: ((credentials: { username: string; password: string }) => void) | undefined;
    const failures: unknown[] = [];
    const client = createClient({
      socket: { port: door.port, host: '127.0.0.1' },
      credentialsProvider: {
        type: 'streaming-credentials-provider',
        subscribe: async ({ onNext }) => {
          renew = onNext;
          return [{ username: 'reader', password: 'token' }, { dispose() {} }];
        },
        onReAuthenticationError: (error) => void failures.push(error),
      },
    });
    client.on('error', () => {});
    await client.connect();
    try {
      for (const password of ['fresh 1', 'fresh 2']) {
        renew?.({ username: 'reader', password });
        while (!shown.includes(password)) await client.ping();
      }
      renew?.({ username: 'reader', password: 'stale' });
      while (failures.length === 0) await client.ping();
      expect(String(failures[0])).toContain('WRONGPASS');
      expect(shown).toEqual(['fresh 1', 'fresh 2', 'stale']);
    } finally {
      client.destroy();
    }
  });
});
