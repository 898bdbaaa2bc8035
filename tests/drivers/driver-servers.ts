import { join } from 'node:path';
import { newId } from '../../packages/server/src/core/index.ts';
import { availablePorts } from '../../packages/server/src/demo/free-port.ts';
import { startGateway, type TestGateway } from '../support/gateway.ts';
import { startMysqlServer, type TestMysql } from '../support/mysql.ts';
import { startRedis, type TestRedis } from '../support/redis.ts';
import { sampleRoles } from '../support/sample-database.ts';

/** What a driver is told to connect to. */
export interface Address {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly database: string;
}

/** The ways to one server, as the same login of it. */
export interface Ways {
  readonly direct: Address;
  /** The password is a token. */
  readonly grantway: Address;
}

/** `multiplexed` is the Redis too, behind a database whose sessions share connections. */
export type ServerName = 'postgres' | 'mysql' | 'mariadb' | 'redis' | 'multiplexed';

/** One gateway in front of all the servers. */
export interface DriverServers {
  readonly ways: Readonly<Record<ServerName, Ways>>;
  /** PEM of the certificate that each door shows, for `localhost` and `127.0.0.1`; clients name it as their root. */
  readonly certificate: string;
  stop(): Promise<void>;
}

const login = 'app';

/** Starts PostgreSQL 18, MySQL 9.7, MariaDB 11.8, Redis 7 and the gateway. The login at each may do all that drivers try. */
export async function startDriverServers(): Promise<DriverServers> {
  await using started = new AsyncDisposableStack();
  const password = newId();
  const mysql = await startShop('mysql-9.7', password);
  started.defer(() => mysql.stop());
  const mariadb = await startShop('mariadb-11.8', password);
  started.defer(() => mariadb.stop());
  const redis = await startRedis({ acl: ['user default off', `user ${login} on >${password} ~* &* +@all`] });
  started.defer(() => redis.stop());

  const [mysqlDoor, redisDoor] = await availablePorts([0, 0]);
  const doors = { mysql: mysqlDoor, redis: redisDoor };
  const entry = ({ host, port }: TestMysql | TestRedis, own: Readonly<Record<string, unknown>>) => ({
    ...{ host, port, tls: 'off', ...own },
    roles: { app: { login, password: 'env:TEST_APP', allow: 'everyone' } },
  });
  const allowCommands = ['EVAL', 'EVALSHA', 'SCRIPT LOAD', 'FLUSHDB'];
  const shop = { engine: 'mysql', database: 'shop', allowLocalInfile: true };
  const gateway = await startGateway({
    listen: { mysql: `127.0.0.1:${doors.mysql}`, redis: `127.0.0.1:${doors.redis}` },
    env: { TEST_APP: password },
    databases: {
      mysql: entry(mysql, shop),
      mariadb: entry(mariadb, shop),
      // go-redis opens ten connections for each processor, and more for a moment.
      redis: entry(redis, { engine: 'redis', allowCommands, pool: { size: 100 } }),
      multiplexed: entry(redis, { engine: 'redis', allowCommands, pool: { mode: 'multiplexed' } }),
    },
  });
  started.defer(() => gateway.stop());

  const ways = async (name: string, port: number, direct: Address, role: string): Promise<Ways> => ({
    direct,
    grantway: { ...direct, port, user: 'me', password: await token(gateway, `db:${name}:${role}`) },
  });
  const at = ({ host, port }: TestMysql | TestRedis, database: string): Address => ({
    ...{ host, port, user: login, password, database },
  });
  const { server, passwords } = gateway.database;
  const postgres: Address = {
    ...{ host: server.host, port: server.port, database: 'authdb' },
    ...{ user: sampleRoles.admin.login, password: passwords.admin },
  };
  const all = {
    postgres: await ways('authdb', gateway.port, postgres, 'admin'),
    mysql: await ways('mysql', doors.mysql, at(mysql, 'shop'), 'app'),
    mariadb: await ways('mariadb', doors.mysql, at(mariadb, 'shop'), 'app'),
    redis: await ways('redis', doors.redis, at(redis, '0'), 'app'),
    multiplexed: await ways('multiplexed', doors.redis, at(redis, '0'), 'app'),
  };
  const running = started.move();
  return {
    ways: all,
    certificate: join(gateway.dataDir, 'tls', 'server.crt'),
    stop: () => running.disposeAsync(),
  };
}

async function startShop(version: 'mysql-9.7' | 'mariadb-11.8', password: string): Promise<TestMysql> {
  const server = await startMysqlServer(version, { settings: { local_infile: 'ON' } });
  const admin = await server.adminClient();
  for (const statement of [
    'CREATE DATABASE shop',
    `CREATE USER '${login}'@'%' IDENTIFIED BY '${password}'`,
    `GRANT ALL ON shop.* TO '${login}'@'%'`,
  ])
    await admin.query(statement);
  await admin.end();
  return server;
}

async function token(gateway: TestGateway, scope: string): Promise<string> {
  return (await gateway.tokens('admin', { scope })).accessToken;
}
