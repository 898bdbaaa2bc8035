import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import mariadb from 'mariadb';
import { createPool } from 'mysql2/promise';
import pg from 'pg';
import postgres from 'postgres';
import { createClient } from 'redis';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  followWithIoredis,
  mariadbToken,
  mysql2Token,
  nodeRedisCredentials,
} from '../../../packages/client/src/drivers/index.ts';
import type { GrantwayClient, Holder } from '../../../packages/client/src/index.ts';
import { availablePorts } from '../../../packages/server/src/demo/free-port.ts';
import { appClient, connectPerson } from '../../support/connected-client.ts';
import { people, startGateway, type TestGateway } from '../../support/gateway.ts';
import { startMariadb, type TestMysql } from '../../support/mysql.ts';
import { startRedis, type TestRedis } from '../../support/redis.ts';

let shop: TestMysql;
let cache: TestRedis;
let gateway: TestGateway;
let client: GrantwayClient;
let ports: { readonly mysql: number; readonly redis: number };
const reader = 'TestReader1';

beforeAll(async () => {
  [shop, cache] = await Promise.all([
    startMariadb(),
    startRedis({ acl: [`user reader on >${reader} ~* +@all`] }),
  ]);
  const admin = await shop.adminClient();
  await admin.query('CREATE DATABASE IF NOT EXISTS shop');
  await admin.query(`CREATE OR REPLACE USER reader IDENTIFIED BY '${reader}'`);
  await admin.query('GRANT SELECT ON shop.* TO reader');
  await admin.end();
  const [mysqlPort, redisPort] = await availablePorts([0, 0]);
  ports = { mysql: mysqlPort, redis: redisPort };
  const roles = { readonly: { login: 'reader', password: 'env:TEST_READER', allow: 'everyone' } };
  const at = ({ host, port }: { host: string; port: number }) => ({ host, port, tls: 'off', roles });
  gateway = await startGateway({
    config: { tokens: { access: '10s' } },
    listen: { mysql: `127.0.0.1:${ports.mysql}`, redis: `127.0.0.1:${ports.redis}` },
    env: { TEST_READER: reader },
    databases: {
      shop: { engine: 'mysql', database: 'shop', ...at(shop) },
      cache: { engine: 'redis', ...at(cache) },
    },
  });
  client = appClient(gateway);
});
afterAll(async () => {
  await gateway?.stop();
  await shop?.stop();
  await cache?.stop();
});

interface Opened {
  /** Signs in anew and asks something. */
  ask(): Promise<unknown>;
  /** The token that it would use now, where it keeps one. */
  current?(): string | undefined;
  close(): Promise<unknown>;
}

const drivers: readonly [driver: string, database: string, open: (holder: Holder) => Promise<Opened>][] = [
  [
    'pg',
    'authdb',
    async (holder) => {
      const pool = new pg.Pool({
        host: '127.0.0.1',
        port: gateway.port,
        user: 'token',
        database: 'authdb',
        password: client.password(holder),
        maxUses: 1,
      });
      // What the gateway says to a connection that the pool let go of is nobody's failure.
      pool.on('connect', (one) => one.on('error', () => {}));
      return { ask: async () => await pool.query('SELECT 1'), close: async () => await pool.end() };
    },
  ],
  [
    'postgres.js',
    'authdb',
    async (holder) => {
      const sql = postgres({
        host: '127.0.0.1',
        port: gateway.port,
        user: 'token',
        database: 'authdb',
        password: client.password(holder),
        max: 1,
        max_lifetime: 0.001,
      });
      return { ask: async () => await sql`SELECT 1`, close: async () => await sql.end() };
    },
  ],
  [
    'mysql2',
    'shop',
    async (holder) => {
      const pool = createPool({
        host: '127.0.0.1',
        port: ports.mysql,
        user: 'token',
        ssl: { rejectUnauthorized: false },
        authPlugins: mysql2Token(client.password(holder)),
      });
      return {
        ask: async () => {
          const connection = await pool.getConnection();
          await connection.query('SELECT 1');
          connection.destroy();
        },
        close: async () => await pool.end(),
      };
    },
  ],
  [
    'mariadb',
    'shop',
    async (holder) => {
      const pool = mariadb.createPool({
        user: 'token',
        ssl: { rejectUnauthorized: false },
        stream: mariadbToken(client.password(holder), { host: '127.0.0.1', port: ports.mysql }),
        connectionLimit: 1,
      });
      return {
        ask: async () => {
          const connection = await pool.getConnection();
          await connection.query('SELECT 1');
          connection.destroy();
        },
        close: async () => await pool.end(),
      };
    },
  ],
  [
    'ioredis',
    'cache',
    async (holder) => {
      const redis = new Redis({ host: '127.0.0.1', port: ports.redis, lazyConnect: true });
      redis.on('error', () => {});
      const live = await followWithIoredis(client, holder, redis);
      await redis.connect();
      return {
        ask: async () => {
          redis.disconnect(true);
          await redis.ping();
        },
        current: () => redis.options.password,
        close: async () => {
          live.stop();
          redis.disconnect();
        },
      };
    },
  ],
  [
    'node-redis',
    'cache',
    async (holder) => {
      const open = async () => {
        const redis = createClient({
          socket: { host: '127.0.0.1', port: ports.redis },
          credentialsProvider: nodeRedisCredentials(client, holder, () => {}),
        });
        redis.on('error', () => {});
        await redis.connect();
        return redis;
      };
      const long = await open();
      return {
        ask: async () => {
          await long.ping();
          const another = await open();
          await another.ping();
          another.destroy();
        },
        close: async () => long.destroy(),
      };
    },
  ],
];

// Two drivers of one database belong to different people: their consents are apart.
test.concurrent.each(
  drivers.map(([driver, database, open], at) => ({
    driver,
    database,
    open,
    person: people[at % 2] ?? 'admin',
  })),
)('$driver signs in with fresh tokens for as long as it is used', async ({ database, open, person }) => {
  const holder = await connectPerson(gateway, client, person, database);
  const first = await client.password(holder)();
  const opened = await open(holder);
  await opened.ask();
  while ((await client.password(holder)()) === first || opened.current?.() === first) await sleep(100);
  await opened.ask();
  await opened.close();
});

test('a consent that the person ended says so to the driver', async () => {
  const holder = await connectPerson(gateway, client, 'editor', 'authdb');
  const token = await client.password(holder)();
  expect(await client.disconnect(holder)).toBe('ended');
  await expect(client.password(holder)()).rejects.toMatchObject({ code: 'needs_reconnect' });
  const refused = new pg.Client({
    host: '127.0.0.1',
    port: gateway.port,
    user: 'token',
    database: 'authdb',
    password: token,
  });
  await expect(refused.connect()).rejects.toThrow();
});

test('mysql2 sends no token without TLS', async () => {
  const holder = await connectPerson(gateway, client, 'viewer', 'shop');
  const pool = createPool({
    host: '127.0.0.1',
    port: ports.mysql,
    user: 'token',
    authPlugins: mysql2Token(client.password(holder)),
  });
  await expect(pool.getConnection()).rejects.toThrow();
  await pool.end();
});
