import { describe, expect, it } from 'vitest';
import { checkCloud } from './check-cloud.ts';
import { databaseHeadSchema } from './database-schema.ts';

function messages(change: object, cloud: object): readonly string[] {
  const head = databaseHeadSchema.parse({ engine: 'redis', host: 'cache.internal', cloud, ...change });
  return checkCloud(head, ['databases', 'cache']).map(({ message }) => message);
}

describe('a section cloud', () => {
  it.each([
    [{ kind: 'elasticache', region: 'eu-central-1', name: 'sessions', serverless: true }],
    [{ kind: 'memorydb', region: 'eu-central-1', name: 'sessions' }],
    [{ kind: 'memorystore' }],
    [{ kind: 'azure' }],
  ])('is fine as %o', (cloud) => {
    expect(messages({}, cloud)).toEqual([]);
  });

  it.each<[change: object, cloud: object, message: string]>([
    [{ engine: 'postgres' }, { kind: 'azure' }, 'Clouds issue passwords here for redis only.'],
    [{}, { kind: 'memorydb', name: 'sessions' }, 'AWS is asked for one cache in one region.'],
    [{}, { kind: 'azure', region: 'eu-central-1' }, 'Region and name are for AWS only.'],
    [{}, { kind: 'azure', serverless: true }, 'Serverless caches are on ElastiCache only.'],
    [{ tls: 'off' }, { kind: 'azure' }, 'A password of a cloud goes over TLS only.'],
    [{ pool: { mode: 'multiplexed' } }, { kind: 'azure' }, 'A shared connection cannot be signed in again.'],
  ])('is a mistake with %o as %o', (change, cloud, message) => {
    expect(messages(change, cloud)).toEqual([message]);
  });
});
