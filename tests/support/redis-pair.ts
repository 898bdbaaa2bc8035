import { newId } from '../../packages/server/src/core/index.ts';
import type { RedisTls } from './redis-files.ts';
import { RedisFixture } from './redis-fixture.ts';
import type { SentinelAccount } from './redis-sentinels.ts';

/** A primary, and a replica that has all its data. */
export interface RedisPair {
  readonly primary: RedisFixture;
  readonly replica: RedisFixture;
  /** One more account, which watches both and copies from one to the other. */
  readonly watcher: SentinelAccount;
  stop(): Promise<void>;
}

/** Starts both. With `tls` they speak it to each other, on their TLS ports. */
export async function startRedisPair({ tls }: { readonly tls?: RedisTls } = {}): Promise<RedisPair> {
  const watcher = { user: 'watcher', password: newId() };
  const options = {
    acl: [`user ${watcher.user} on >${watcher.password} ~* &* +@all`],
    settings: {
      'repl-diskless-sync-delay': '0',
      masteruser: watcher.user,
      masterauth: watcher.password,
      ...(tls === undefined ? {} : { 'tls-replication': 'yes' }),
    },
    ...(tls === undefined ? {} : { tls }),
  };
  const primary = await RedisFixture.start(options);
  const replica = await RedisFixture.start(options);
  const { host, port, tlsPort = port } = primary.server;
  await replica.admin.replicaof(host, tlsPort);
  while (!(await replica.admin.info('replication')).includes('master_link_status:up'));
  return {
    primary,
    replica,
    watcher,
    stop: async () => {
      await replica.stop();
      await primary.stop();
    },
  };
}
