import { type Connection, type ConnectionOptions, createConnection } from 'mysql2/promise';
import { newId, Secret } from '../../packages/server/src/core/index.ts';
import { freePort } from '../../packages/server/src/demo/free-port.ts';
import { managerSetupStatements } from '../../packages/server/src/engines/mysql/roles/index.ts';
import {
  type ConfiguredDatabase,
  type GatewayOptions,
  type SamplePerson,
  startGateway,
  type TestGateway,
} from './gateway.ts';
import { startMysqlServer, type TestMysql } from './mysql.ts';
import { type MysqlVersion, mysqlVersions } from './mysql-builds.ts';

/** The name of each server's database at the gateway. Its roles are all managed. */
export const shops: Readonly<Record<MysqlVersion, string>> = {
  'mysql-9.7': 'shop_mysql',
  'mariadb-10.11': 'shop_mariadb',
  'mariadb-11.8': 'shop_mariadb_11',
};

export type ShopRole = 'admin' | 'readwrite' | 'readonly';

/** The login of a role at the server. */
export function shopLogin(role: ShopRole): string {
  return `shop_${role}`;
}

/** One server behind the gateway, with the database `shop`: table `users`, three rows. */
export interface Shop {
  readonly server: TestMysql;
  /** The server's administrator, past the gateway. */
  readonly admin: Connection;
}

/** A gateway in front of MySQL and both MariaDBs, whose roles were made by `roles apply`. */
export interface MysqlGateway {
  readonly gateway: TestGateway;
  /** Of the MySQL door. */
  readonly port: number;
  shop(version: MysqlVersion): Shop;
  /** A token of a sample person for a role; each may have `readonly`, an editor `readwrite`, an admin all. */
  token(version: MysqlVersion, person: SamplePerson, role?: ShopRole): Promise<string>;
  /** A connected mysql2 that signs in with a token over TLS. Ended with the gateway at the latest. */
  client(token: string, options?: ConnectionOptions): Promise<Connection>;
  stop(): Promise<void>;
}

/** Starts all of them and applies the roles. `database` is merged over each entry, `config` over the configuration. */
export async function startMysqlGateway(
  database: Partial<ConfiguredDatabase> = {},
  config: GatewayOptions['config'] = {},
): Promise<MysqlGateway> {
  const managerPassword = newId();
  const started = await Promise.all(
    mysqlVersions.map(async (version) => [version, await startShop(version, managerPassword)] as const),
  );
  const all = new Map(started);
  const stopServers = async () => {
    for (const { admin, server } of all.values()) {
      admin.destroy();
      await server.stop();
    }
  };
  const port = await freePort();
  const gateway = await startGateway({
    config,
    listen: { mysql: `127.0.0.1:${port}` },
    env: { TEST_SHOP_MANAGER: managerPassword },
    databases: Object.fromEntries(
      started.map(([version, { server }]) => [shops[version], { ...configured(server), ...database }]),
    ),
  }).catch(async (failure: unknown) => {
    await stopServers();
    throw failure;
  });
  for (const version of mysqlVersions) await gateway.operator('roles', 'apply', shops[version]);

  const clients: Connection[] = [];
  return {
    gateway,
    port,
    shop: (version) => {
      const found = all.get(version);
      if (found === undefined) throw new TypeError(version);
      return found;
    },
    token: async (version, person, role) => {
      const scope = `db:${shops[version]}${role === undefined ? '' : `:${role}`}`;
      return (await gateway.tokens(person, { scope })).accessToken;
    },
    client: async (token, options = {}) => {
      const client = await createConnection({
        host: '127.0.0.1',
        port,
        user: 'me',
        password: token,
        ssl: { rejectUnauthorized: false },
        ...options,
      });
      clients.push(client);
      // The end of a session that a test ends is no fault of the test.
      client.on('error', () => {});
      return client;
    },
    stop: async () => {
      for (const client of clients) client.destroy();
      await gateway.stop();
      await stopServers();
    },
  };
}

async function startShop(version: MysqlVersion, managerPassword: string): Promise<Shop> {
  const server = await startMysqlServer(version);
  const admin = await server.adminClient();
  admin.on('error', () => {});
  for (const statement of [
    'DROP DATABASE IF EXISTS shop',
    'CREATE DATABASE shop',
    'USE shop',
    'CREATE TABLE users (id INT AUTO_INCREMENT PRIMARY KEY, name VARCHAR(100), balance DECIMAL(20,2))',
    `INSERT INTO users (name, balance) VALUES ('Ada', 12345678901234567.89), ('Grace', 0), ('Edsger', NULL)`,
    `DROP USER IF EXISTS shop_manager`,
    ...managerSetupStatements({
      manager: 'shop_manager',
      password: new Secret(managerPassword),
      database: 'shop',
    }),
  ]) {
    await admin.query(statement);
  }
  return { server, admin };
}

function configured({ host, port }: TestMysql): ConfiguredDatabase {
  return {
    engine: 'mysql',
    host,
    port,
    database: 'shop',
    tls: 'off',
    manager: { login: 'shop_manager', password: 'env:TEST_SHOP_MANAGER' },
    roles: {
      admin: { login: shopLogin('admin'), grants: 'admin', allow: { groups: ['admin'] } },
      readwrite: { login: shopLogin('readwrite'), grants: 'write', allow: { groups: ['admin', 'editor'] } },
      readonly: { login: shopLogin('readonly'), grants: 'read', allow: 'everyone' },
    },
  };
}

/** How many statements with this text run on the server just now. */
export async function running({ admin }: Shop, part: string): Promise<number> {
  const [rows] = await admin.query(
    `SELECT 1 FROM information_schema.processlist
      WHERE command IN ('Query', 'Execute') AND LOCATE(?, info) > 0 AND id <> CONNECTION_ID()`,
    [part],
  );
  return Array.isArray(rows) ? rows.length : 0;
}
