import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { makeAuthority } from '../../../../../tests/support/certificates.ts';
import { type RedisCluster, startRedisCluster } from '../../../../../tests/support/redis-cluster.ts';

let cluster: RedisCluster;
let folder: string;
let tlsCa: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'grantway-cluster-tls-'));
  const authority = await makeAuthority();
  tlsCa = join(folder, 'ca.crt');
  await writeFile(tlsCa, authority.certificate);
  // Only the name is in the certificate: whoever dialled an address would be refused.
  const certificate = await authority.issue(['localhost']);
  const asClient = await authority.issueClient('a node');
  const tls = { certificate, asClient, authority: authority.certificate };
  cluster = await startRedisCluster('7', tls, 'localhost');
});
afterAll(async () => {
  await cluster?.stop();
  await rm(folder, { recursive: true });
});

test('nodes are dialled by the names that they announce, and must prove them', async () => {
  const door = await cluster.open({ host: 'localhost', tls: 'verify-full', tlsCa });
  const client = new Redis({ host: '127.0.0.1', port: door.port, password: 'token', retryStrategy: null });
  // A key on each node.
  const keys = ['foo', 'bar', 'a'];
  for (const key of keys) expect(await client.set(key, key)).toBe('OK');
  expect(await Promise.all(keys.map((key) => client.get(key)))).toEqual(keys);
  expect(await client.dbsize()).toBe(3);
  client.disconnect();
  await cluster.clean();
});
