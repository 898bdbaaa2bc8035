import type { Redis } from 'ioredis';
import type { Database } from '../../packages/server/src/core/index.ts';
import { freePort } from '../../packages/server/src/demo/free-port.ts';
import type { StatementObserver } from '../../packages/server/src/engines/index.ts';
import type { EngineDoor } from './engine-door.ts';
import type { RawRedis, RawRedisTarget } from './raw-redis.ts';
import type { RedisTls } from './redis-files.ts';
import { RedisFixture } from './redis-fixture.ts';
import type { RedisVersion } from './redis-program.ts';

/** Three real nodes that hold a third of the slots each, a replica of the third, and doors to the first. */
export interface RedisCluster {
  readonly nodes: readonly { readonly port: number }[];
  /** `database` in place of the first node's address, and with what else is different. */
  open(database?: Partial<Database>, observer?: StatementObserver): Promise<EngineDoor>;
  raw(door: EngineDoor, options?: Partial<RawRedisTarget>): Promise<RawRedis>;
  /** Begins to move the slot of a key from its node to the next one, or the one behind, as `redis-cli --cluster reshard` does. */
  beginMigration(key: string, steps?: 1 | 2): Promise<Migration>;
  /** As an administrator, at every node and the replica. */
  atEveryNode(...command: readonly string[]): Promise<void>;
  /** From now on writes wait at the node that has the key; call what it gives to let them go on. */
  holdWrites(key: string): Promise<() => Promise<void>>;
  /** Resolves when a write waits there. */
  writeIsHeld(key: string): Promise<void>;
  /** Ends the third node, and resolves when the others know that the replica has its slots. For once. */
  failOver(): Promise<void>;
  /** Closes doors and clients, and removes every key. */
  clean(): Promise<void>;
  stop(): Promise<void>;
}

/** The steps of a slot's move. */
export interface Migration {
  /** All of them, or these. */
  moveKeys(...keys: readonly string[]): Promise<void>;
  /** How often the two nodes answered with this error since they began. */
  errors(code: string): Promise<number>;
  /** As those of the cluster, at the node that the slot moves to. */
  holdWrites(): Promise<() => Promise<void>>;
  writeIsHeld(): Promise<void>;
  finish(): Promise<void>;
  all(): Promise<void>;
}

const shares = [
  ['0', '5460'],
  ['5461', '10922'],
  ['10923', '16383'],
] as const;

/**
 * Starts them and waits until each knows that the cluster is whole. With `tls` they speak it to each other and to the
 * doors; `announced` is the host name that they tell everybody.
 */
export async function startRedisCluster(
  version: RedisVersion = '7',
  tls?: RedisTls,
  announced?: string,
): Promise<RedisCluster> {
  const startNode = () => startClusterNode(version, tls, announced);
  const nodes = await Promise.all(shares.map(startNode));
  const [first] = nodes;
  if (first === undefined) throw new TypeError('no nodes');
  for (const [index, { fixture }] of nodes.entries())
    await fixture.admin.call('CLUSTER', 'ADDSLOTSRANGE', ...(shares[index] ?? []));
  for (const { fixture, busPort } of nodes.slice(1))
    await first.fixture.admin.call('CLUSTER', 'MEET', '127.0.0.1', portOf(fixture), busPort);
  const replica = await startNode();
  await first.fixture.admin.call('CLUSTER', 'MEET', '127.0.0.1', portOf(replica.fixture), replica.busPort);
  await Promise.all([...nodes, replica].map(({ fixture }) => whole(fixture.admin)));
  const third = nodes[2]?.fixture ?? first.fixture;
  const { username, password } = new URL(third.server.adminUrl);
  await replica.fixture.admin.call('CONFIG', 'SET', 'masteruser', username, 'masterauth', password);
  await replica.fixture.admin.call('CLUSTER', 'REPLICATE', String(await third.admin.call('CLUSTER', 'MYID')));
  await until(async () =>
    String(await replica.fixture.admin.info('replication')).includes('master_link_status:up'),
  );
  let failedOver = false;

  async function placeOf(key: string): Promise<{ readonly slot: number; readonly at: number }> {
    const slot = Number(await first?.fixture.admin.call('CLUSTER', 'KEYSLOT', key));
    const owners = await Promise.all(nodes.map(({ fixture }) => owns(fixture.admin, slot)));
    return { slot, at: owners.indexOf(true) };
  }

  async function ownerOf(key: string): Promise<RedisFixture> {
    const owner = nodes[(await placeOf(key)).at]?.fixture;
    if (owner === undefined) throw new TypeError('nobody has the slot');
    return owner;
  }

  return {
    failOver: async () => {
      failedOver = true;
      third.admin.disconnect();
      await third.server.stop();
      const taken = new RegExp(`:${replica.fixture.server.port}@\\S+ (myself,)?master `);
      const living = [...nodes.map(({ fixture }) => fixture), replica.fixture].filter((one) => one !== third);
      for (const { admin } of living) {
        await until(async () => {
          const list = String(await admin.call('CLUSTER', 'NODES'));
          return taken.test(list) && String(await admin.call('CLUSTER', 'INFO')).includes('cluster_state:ok');
        });
      }
    },
    nodes: nodes.map(({ fixture }) => ({ port: fixture.server.port })),
    open: (database = {}, observer) => {
      const { host } = first.fixture.server;
      return first.fixture.open({
        database: { host, port: portOf(first.fixture), ...database },
        ...(observer === undefined ? {} : { observer }),
      });
    },
    raw: (door, options) => first.fixture.raw(door, options),
    atEveryNode: async (...command) => {
      const [name = '', ...args] = command;
      for (const { fixture } of [...nodes, replica]) await fixture.admin.call(name, ...args);
    },
    holdWrites: async (key) => await holdWrites((await ownerOf(key)).admin),
    writeIsHeld: async (key) => await writeIsHeld((await ownerOf(key)).admin),
    beginMigration: async (key, steps = 1) => {
      const { slot, at } = await placeOf(key);
      const [source, target] = [nodes[at]?.fixture, nodes[(at + steps) % nodes.length]?.fixture];
      if (source === undefined || target === undefined) throw new TypeError('nobody has the slot');
      return await migration(slot, source, target, nodes);
    },
    clean: async () => {
      await first.fixture.closeDoors();
      if (failedOver) return;
      for (const { fixture } of nodes) await fixture.admin.call('FLUSHALL');
    },
    stop: async () => {
      for (const { fixture } of [...nodes, replica])
        if (!failedOver || fixture !== third) await fixture.stop();
    },
  };
}

/** A node's bus may not be where servers put it by themselves: that is beyond the last port. */
async function startClusterNode(version: RedisVersion, tls?: RedisTls, announced?: string) {
  const busPort = await freePort();
  const settings = {
    'cluster-enabled': 'yes',
    'cluster-port': String(busPort),
    'cluster-node-timeout': '2000',
    ...(tls === undefined ? {} : { 'tls-cluster': 'yes', 'tls-replication': 'yes' }),
    ...(announced === undefined
      ? {}
      : { 'cluster-announce-hostname': announced, 'cluster-preferred-endpoint-type': 'hostname' }),
  };
  const options = { version, settings, ...(tls === undefined ? {} : { tls }) };
  return { busPort, fixture: await RedisFixture.start(options) };
}

/** Where the node takes what the cluster says of it: its TLS port, where it has one. */
function portOf({ server }: RedisFixture): number {
  return server.tlsPort ?? server.port;
}

async function whole(admin: Redis): Promise<void> {
  await until(async () => {
    const info = String(await admin.call('CLUSTER', 'INFO'));
    return info.includes('cluster_state:ok') && info.includes('cluster_known_nodes:4');
  });
}

/** Longer than any test; ended before that. */
const holdMs = 60_000;

async function holdWrites(admin: Redis): Promise<() => Promise<void>> {
  await admin.call('CLIENT', 'PAUSE', holdMs, 'WRITE');
  return async () => void (await admin.call('CLIENT', 'UNPAUSE'));
}

async function writeIsHeld(admin: Redis): Promise<void> {
  await until(async () => / flags=b .* cmd=set /.test(String(await admin.client('LIST'))));
}

async function until(isSo: () => Promise<boolean>): Promise<void> {
  while (!(await isSo())) await new Promise((resolve) => setTimeout(resolve, 50));
}

async function owns(admin: Redis, slot: number): Promise<boolean> {
  const nodes = String(await admin.call('CLUSTER', 'NODES'));
  const [own = ''] = nodes.split('\n').filter((line) => line.includes('myself'));
  return own
    .trim()
    .split(' ')
    .slice(8)
    .some((range) => {
      const [from = -1, to = from] = range.split('-').map(Number);
      return from <= slot && slot <= to;
    });
}

async function migration(
  slot: number,
  source: RedisFixture,
  target: RedisFixture,
  nodes: readonly { readonly fixture: RedisFixture }[],
): Promise<Migration> {
  const [from, to] = [
    String(await source.admin.call('CLUSTER', 'MYID')),
    String(await target.admin.call('CLUSTER', 'MYID')),
  ];
  await target.admin.call('CLUSTER', 'SETSLOT', slot, 'IMPORTING', from);
  await source.admin.call('CLUSTER', 'SETSLOT', slot, 'MIGRATING', to);
  const password = decodeURIComponent(new URL(target.server.adminUrl).password);
  const user = new URL(target.server.adminUrl).username;
  const self: Migration = {
    errors: async (code) => {
      const counts = await Promise.all(
        [source, target].map(async ({ admin }) => {
          const [, count = '0'] =
            new RegExp(`errorstat_${code}:count=(\\d+)`).exec(await admin.info('errorstats')) ?? [];
          return Number(count);
        }),
      );
      return counts.reduce((sum, count) => sum + count, 0);
    },
    holdWrites: () => holdWrites(target.admin),
    writeIsHeld: () => writeIsHeld(target.admin),
    moveKeys: async (...some) => {
      const all = (await source.admin.call('CLUSTER', 'GETKEYSINSLOT', slot, 1_000)) as string[];
      const keys = some.length > 0 ? some : all;
      const { host, port } = target.server;
      if (keys.length > 0)
        await source.admin.call(
          'MIGRATE',
          host,
          port,
          '',
          0,
          5_000,
          'AUTH2',
          user,
          password,
          'KEYS',
          ...keys,
        );
    },
    finish: async () => {
      for (const { fixture } of [{ fixture: target }, { fixture: source }, ...nodes])
        await fixture.admin.call('CLUSTER', 'SETSLOT', slot, 'NODE', to);
    },
    all: async () => {
      await self.moveKeys();
      await self.finish();
    },
  };
  return self;
}
