import { expect, it } from 'vitest';
import { checkCluster } from './check-cluster.ts';
import { databaseHeadSchema } from './database-schema.ts';

const sound = { engine: 'redis', cluster: ['node-1.internal', '[::1]:6380'] };

function messages(change: object): readonly string[] {
  const head = databaseHeadSchema.parse({ ...sound, ...change });
  return checkCluster(head, ['databases', 'cache']).map(({ message }) => message);
}

it('the nodes of a cluster have a usual port', () => {
  expect(messages({})).toEqual([]);
  expect(databaseHeadSchema.parse(sound).cluster).toEqual([
    { host: 'node-1.internal', port: 6_379 },
    { host: '::1', port: 6_380 },
  ]);
});

it.each<[change: object, message: string]>([
  [{ engine: 'mysql' }, 'Only Redis and Valkey have such clusters.'],
  [
    { sentinels: ['sentinel-1.internal'], primary: 'mymaster' },
    'A cluster needs no Sentinels: it promotes replicas by itself.',
  ],
  [{ host: 'cache.internal' }, 'The nodes of the cluster say where its servers are.'],
  [{ port: 6379 }, 'The nodes of the cluster say where its servers are.'],
  [{ database: 1 }, 'A cluster has the database 0 only.'],
  [{ tls: 'off' }, 'Without TLS, passwords and data would cross the network in clear text.'],
])('a cluster is a mistake with %o', (change, message) => {
  expect(messages(change)).toEqual([message]);
});
