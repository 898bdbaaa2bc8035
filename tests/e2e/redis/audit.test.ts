import { afterAll, beforeAll, expect, test } from 'vitest';
import { RawRedis } from '../../support/raw-redis.ts';
import { cacheLogin, type RedisGateway, startRedisGateway } from '../../support/redis-gateway.ts';

let cache: RedisGateway;
beforeAll(async () => {
  cache = await startRedisGateway();
});
afterAll(() => cache?.stop());

async function auditLog(): Promise<readonly Record<string, unknown>[]> {
  const { stdout } = await cache.gateway.operator('audit', 'tail', '--json', '--lines', '1000');
  return stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

test('commands are on record with who ran them by which consent and their keys; values and tokens are not', async () => {
  const token = await cache.token('editor', 'readwrite');
  const fresh = await cache.token('editor', 'readwrite');
  const client = await RawRedis.connect({ port: cache.port, password: token });
  await client.call('SET', 'customer:7', 'a-value-of-somebody');
  await client.call('GET', 'customer:7');
  await client.call('MGET', 'customer:7', 'customer:8');
  await client.call('LPUSH', 'customer:7', 'another-value');
  await client.call('CONFIG', 'SET', 'requirepass', 'a-secret-setting');
  await client.call('AUTH', fresh);
  await client.call('GET', 'customer:9');
  client.destroy();
  const stranger = await RawRedis.connect({ port: cache.port });
  await stranger.call('AUTH', 'gwt_stolen');
  stranger.destroy();

  const who = { person: 'local:editor@example.com', client: 'app', database: 'cache', role: 'readwrite' };
  const statement = { type: 'statement', ...who };
  await expect.poll(auditLog, { timeout: 15_000 }).toEqual(
    expect.arrayContaining([
      expect.objectContaining({ type: 'admin', action: 'roles_applied', target: 'cache' }),
      expect.objectContaining({
        type: 'session_started',
        ...who,
        door: 'redis',
        login: cacheLogin('readwrite'),
      }),
      expect.objectContaining({
        ...statement,
        text: expect.stringMatching(/^SET customer:7\b/),
        outcome: 'succeeded',
      }),
      expect.objectContaining({ ...statement, text: expect.stringMatching(/^GET customer:7\b/) }),
      expect.objectContaining({
        ...statement,
        text: expect.stringMatching(/^MGET customer:7 customer:8\b/),
      }),
      expect.objectContaining({
        ...statement,
        text: expect.stringMatching(/^LPUSH /),
        outcome: 'failed',
        errorCode: 'WRONGTYPE',
      }),
      expect.objectContaining({
        ...statement,
        text: expect.stringMatching(/^CONFIG/),
        outcome: 'failed',
        errorCode: 'NOPERM',
      }),
      expect.objectContaining({ type: 'session_ended', ...who, cause: 'client_left' }),
      expect.objectContaining({ type: 'door_refused', door: 'redis', code: 'token_invalid' }),
    ]),
  );
  const records = await auditLog();
  expectConsents(records);
  const everything = JSON.stringify(records);
  for (const secret of [
    token,
    fresh,
    'gwt_stolen',
    'a-value-of-somebody',
    'another-value',
    'a-secret-setting',
  ]) {
    expect(everything).not.toContain(secret);
    expect(cache.gateway.log()).not.toContain(secret);
  }
});

/** From a fresh token on, the records of a session name the consent that this one is of, up to its end. */
function expectConsents(records: readonly Record<string, unknown>[]): void {
  const consentOf = (wanted: string, text = '') =>
    records.find((record) => record.type === wanted && String(record.text ?? '').startsWith(text))?.consent;
  const [begun, renewed] = [consentOf('session_started'), consentOf('session_renewed')];
  expect([begun, renewed]).toEqual([expect.any(String), expect.any(String)]);
  expect(renewed).not.toBe(begun);
  expect(consentOf('statement', 'GET customer:7')).toBe(begun);
  expect(consentOf('statement', 'GET customer:9')).toBe(renewed);
  expect(consentOf('session_ended')).toBe(renewed);
}
