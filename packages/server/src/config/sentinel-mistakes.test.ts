import { describe, expect, it } from 'vitest';
import { checkSentinels } from './check-sentinels.ts';
import { databaseHeadSchema } from './database-schema.ts';

const sound = { engine: 'redis', primary: 'mymaster', sentinels: ['sentinel-1.internal', '[::1]:26380'] };

function messages(change: object): readonly string[] {
  const head = databaseHeadSchema.parse({ ...sound, ...change });
  return checkSentinels(head, ['databases', 'cache']).map(({ message }) => message);
}

describe('Sentinels', () => {
  it('are fine with a primary, and have a usual port', () => {
    expect(messages({})).toEqual([]);
    expect(messages({ manager: { login: 'manager', password: 'env:MANAGER' } })).toEqual([]);
    expect(messages({ sentinelAccount: { login: 'asker', password: 'env:SENTINELS' } })).toEqual([]);
    expect(messages({ sentinelAccount: { password: 'env:SENTINELS' } })).toEqual([]);
    expect(databaseHeadSchema.parse(sound).sentinels).toEqual([
      { host: 'sentinel-1.internal', port: 26_379 },
      { host: '::1', port: 26_380 },
    ]);
  });

  it.each<[change: object, message: string]>([
    [{ engine: 'mysql' }, 'Only Redis and Valkey have Sentinels.'],
    [{ primary: undefined }, 'The key primary is missing: Sentinels watch primaries by name.'],
    [{ sentinels: undefined }, 'There are no Sentinels to ask where this primary is.'],
    [{ host: 'cache.internal' }, 'The Sentinels say where the server is.'],
    [{ port: 6379 }, 'The Sentinels say where the server is.'],
    [
      { sentinels: undefined, primary: undefined, sentinelAccount: { password: 'env:SENTINELS' } },
      'There are no Sentinels that this account could ask.',
    ],
    [{ tls: 'off' }, 'Without TLS, whoever stands between could name another primary.'],
  ])('are a mistake with %o', (change, message) => {
    expect(messages(change)).toEqual([message]);
  });

  it.each(['', 'a b', 'host:0', 'host:65536', 'host:x', '::1:26379', '[host]:1', 'redis://host:1'])(
    'have no address like %j',
    (address) => {
      expect(databaseHeadSchema.safeParse({ ...sound, sentinels: [address] }).success).toBe(false);
    },
  );
});
