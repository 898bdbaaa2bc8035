import type { TokenStorage } from './token-storage.ts';

/** A connected client: `call` is ioredis's, `sendCommand` node-redis's. */
export type RedisClient =
  | { call(command: string, ...args: string[]): Promise<unknown> }
  | { sendCommand(args: string[]): Promise<unknown> };

const scripts = {
  write: `redis.call('DEL', KEYS[1]) return redis.call('HSET', KEYS[1], 'text', ARGV[1])`,
  lock: `
    local text = redis.call('HGET', KEYS[1], 'text')
    if not text then return {'absent'} end
    local clock = redis.call('TIME')
    local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
    local held_until = redis.call('HGET', KEYS[1], 'locked_until')
    if held_until and tonumber(held_until) > now then return {'held'} end
    redis.call('HSET', KEYS[1], 'owner', ARGV[1], 'locked_until', string.format('%.0f', now + ARGV[2]))
    return {'locked', text}`,
  replace: `
    if redis.call('HGET', KEYS[1], 'owner') ~= ARGV[1] then return 'lost' end
    redis.call('HSET', KEYS[1], 'text', ARGV[2])
    redis.call('HDEL', KEYS[1], 'owner', 'locked_until')
    return 'replaced'`,
  unlock: `
    if redis.call('HGET', KEYS[1], 'owner') ~= ARGV[1] then return 0 end
    return redis.call('HDEL', KEYS[1], 'owner', 'locked_until')`,
} as const;

/**
 * Keeps records in Redis or Valkey, one hash for each under `prefix`, changed by scripts that the server runs one at a
 * time by its own clock. A Redis that may forget (eviction, no persistence, a replica taking over) forgets tokens too:
 * their people have to connect again.
 */
export function redisStorage(client: RedisClient, prefix = 'grantway:token:'): TokenStorage {
  const send = (command: string, ...args: string[]): Promise<unknown> =>
    'call' in client ? client.call(command, ...args) : client.sendCommand([command, ...args]);
  const run = (script: keyof typeof scripts, id: string, ...args: string[]): Promise<unknown> =>
    send('EVAL', scripts[script], '1', prefix + id, ...args);

  return {
    read: async (id) => {
      const text = await send('HGET', prefix + id, 'text');
      return text === null || text === undefined ? undefined : String(text);
    },
    write: async (id, text) => {
      await run('write', id, text);
    },
    lock: async (id, owner, leaseMs) => {
      const answer = await run('lock', id, owner, String(leaseMs));
      const [outcome, text] = Array.isArray(answer) ? answer.map(String) : [];
      if (outcome === 'locked' && text !== undefined) return { outcome, text };
      return { outcome: outcome === 'held' ? 'held' : 'absent' };
    },
    replace: async (id, owner, text) => {
      const outcome = String(await run('replace', id, owner, text));
      return outcome === 'replaced' ? 'replaced' : 'lost';
    },
    unlock: async (id, owner) => {
      await run('unlock', id, owner);
    },
    delete: async (id) => {
      await send('DEL', prefix + id);
    },
  };
}
