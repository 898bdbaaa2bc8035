import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { PythonSession } from '../../support/python-session.ts';
import { RawRedis } from '../../support/raw-redis.ts';
import { type RedisGateway, startRedisGateway } from '../../support/redis-gateway.ts';
import { pythonWithStreams } from '../../support/redis-py.ts';

const recipe = join(import.meta.dirname, '..', '..', '..', 'docs', 'recipes', 'redis-py.md');

let cache: RedisGateway;
let tokens: string;
let provider: string;
let stream: string;
let connection: string;
beforeAll(async () => {
  cache = await startRedisGateway();
  const page = await readFile(recipe, 'utf8');
  [tokens = '', provider = '', stream = '', connection = ''] = [
    ...page.matchAll(/^```python\n([\s\S]*?)^```/gm),
  ].map(([, program]) => program ?? '');
});
afterAll(() => cache?.stop());

const sessions: PythonSession[] = [];
afterEach(async () => {
  for (const session of sessions.splice(0)) await session.stop();
});

/** A Python with the recipe's programs and a signed-in person's refresh token. */
async function start(
  python: readonly [program: string, ...args: string[]],
  ...programs: readonly string[]
): Promise<PythonSession> {
  const scope = 'db:cache:readwrite offline_access';
  const { refreshToken } = await cache.gateway.tokens('editor', { scope, prompt: 'consent' });
  const { issuer } = cache.gateway;
  const given = `
tokens = Tokens(${JSON.stringify(issuer)}, "app", ${JSON.stringify(refreshToken)})
place = {"host": "127.0.0.1", "port": ${cache.port}}
`;
  const session = PythonSession.start(python, [tokens, given, ...programs].join('\n'));
  sessions.push(session);
  return session;
}

/** Revokes a token, and waits until the gateway takes it no more. */
async function revoke(token: unknown): Promise<void> {
  await cache.gateway.post('revoke', { client_id: 'app', token: String(token) });
  const client = await RawRedis.connect({ port: cache.port });
  await expect
    .poll(async () => await client.call('AUTH', String(token)), { timeout: 10_000 })
    .toMatch(/^-WRONGPASS |^ended$/);
  client.destroy();
}

describe('redis-py with a streaming provider', () => {
  test('signs in again on the connections that it has, which outlive the token that they began with', async () => {
    const python = await start(
      await pythonWithStreams(),
      stream,
      'provider = GrantwayStream(tokens)',
      'client = redis.Redis(**place, credential_provider=provider, decode_responses=True)',
      'pool = client.connection_pool',
      // One is in use while the new token comes, the other one is not.
      'busy, idle = [pool.get_connection() for _ in range(2)]',
      'pool.release(idle)',
      `def ask(connection, *words):
    connection.send_command(*words)
    return connection.read_response()`,
    );
    const ids = [
      await python.ask('ask(busy, "CLIENT", "ID")'),
      await python.ask('client.execute_command("CLIENT", "ID")'),
    ];
    expect(new Set(ids).size).toBe(2);
    const first = await python.ask('provider.tokens.token');
    await python.ask('provider.renew()');
    const second = await python.ask('provider.tokens.token');
    expect(second).not.toBe(first);
    expect(await python.ask('ask(busy, "SET", "busy", "yes")')).toBe('OK');
    await python.ask('pool.release(busy)');

    await revoke(first);
    expect(await python.ask('client.set("alive", "yes")')).toBe(true);
    await python.ask('[connections := [pool.get_connection() for _ in range(2)]] and None');
    const now = await python.ask('[ask(one, "CLIENT", "ID") for one in connections]');
    expect(new Set(now as number[])).toEqual(new Set(ids));
  });
});

/** As a session ends at its `maxSession`, or when its token is revoked: the connection is closed with an error. */
const ways: readonly {
  readonly what: string;
  readonly python: () => Promise<readonly [program: string, ...args: string[]]>;
  readonly programs: () => readonly string[];
}[] = [
  {
    what: 'redis-py with a provider',
    python: pythonWithStreams,
    programs: () => [
      provider,
      'client = redis.Redis(**place, credential_provider=GrantwayProvider(tokens), decode_responses=True)',
    ],
  },
  {
    what: 'an older redis-py with a connection class',
    python: async () => ['/usr/bin/python3'],
    programs: () => [
      connection,
      'pool = redis.ConnectionPool(connection_class=GrantwayConnection, tokens=tokens, **place, decode_responses=True)',
      'client = redis.Redis(connection_pool=pool)',
    ],
  },
];

describe.for(ways)('$what', ({ python, programs }) => {
  test('asks for a token at each new connection, and goes on when a session has ended', async () => {
    const session = await start(await python(), ...programs());
    expect(await session.ask('client.set("python", "yes")')).toBe(true);
    const first = await session.ask('tokens.token');
    const second = await session.ask('tokens.fresh()');
    await revoke(first);
    // What the pool had is over; it sees so when it takes the connection out again, or with the first command.
    await expect
      .poll(async () => await session.ask('client.get("python")').catch(String), { timeout: 10_000 })
      .toBe('yes');
    expect(await session.ask('tokens.token')).toBe(second);
  });
});
