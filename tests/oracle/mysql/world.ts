import type { Connection } from 'mysql2/promise';
import { newId } from '../../../packages/server/src/core/index.ts';
import { freePort } from '../../../packages/server/src/demo/free-port.ts';
import { startGateway, type TestGateway } from '../../support/gateway.ts';
import { startMysqlServer } from '../../support/mysql.ts';
import { type MysqlVersion, mysqlVersions } from '../../support/mysql-builds.ts';
import { oraclePeople } from '../oracle-people.ts';
import type { WorldOptions } from '../started-oracle.ts';
import { payload, rowsEach } from '../tagged.ts';

/** A gateway with people who all have the same role, and a token each; a server with a table of tagged rows. */
export interface World {
  readonly gateway: TestGateway;
  readonly product: 'mysql' | 'mariadb';
  /** Of the MySQL door. */
  readonly port: number;
  /** Access tokens by the number of the person. */
  readonly tokens: readonly string[];
  readonly administrator: Connection;
  stop(): Promise<void>;
}

const login = 'app_editor';

/** Starts it all, in about eight seconds. */
export async function startWorld({ version, people, poolSize, shared }: WorldOptions): Promise<World> {
  const server = await startMysqlServer(known(version));
  const administrator = await server.adminClient();
  // The end of the server is no second failure.
  administrator.on('error', () => {});
  const stopServer = async () => {
    administrator.destroy();
    await server.stop();
  };
  try {
    const password = newId();
    for (const statement of oracleTables(password)) await administrator.query(statement);
    const rows = Array.from({ length: people * rowsEach }, (_, index) => {
      const owner = Math.floor(index / rowsEach);
      const n = index % rowsEach;
      return [owner, n, payload(owner, n)];
    });
    await administrator.query('INSERT INTO app.tagged VALUES ?', [rows]);
    const everybody = await oraclePeople(people);
    const port = await freePort();
    const gateway = await startGateway({
      listen: { mysql: `127.0.0.1:${port}` },
      env: { TEST_APP: password },
      config: everybody.config,
      databases: {
        app: {
          engine: 'mysql',
          host: server.host,
          port: server.port,
          tls: 'off',
          pool: { size: poolSize },
          shareAcrossPeople: shared,
          roles: { editor: { login, password: 'env:TEST_APP', allow: { groups: ['editor'] } } },
        },
      },
    });
    return {
      gateway,
      product: server.product,
      port,
      tokens: await everybody.tokens(gateway, 'db:app:editor'),
      administrator,
      stop: async () => {
        await gateway.stop();
        await stopServer();
      },
    };
  } catch (thrown) {
    await stopServer();
    throw thrown;
  }
}

function known(version: string | undefined): MysqlVersion {
  if (version === undefined) return 'mysql-9.7';
  const found = mysqlVersions.find((one) => one === version);
  if (found === undefined) throw new Error(`--version is one of ${mysqlVersions.join(', ')}`);
  return found;
}

/** The tables, and what everybody may do with them. */
function oracleTables(password: string): readonly string[] {
  return [
    'CREATE DATABASE IF NOT EXISTS app',
    'CREATE TABLE app.tagged (owner INT, n INT, payload VARCHAR(200), PRIMARY KEY (owner, n))',
    'CREATE TABLE app.journal (id INT AUTO_INCREMENT PRIMARY KEY, owner INT, word VARCHAR(200))',
    'CREATE TABLE app.lockable (a INT)',
    `CREATE USER ${login}@'%' IDENTIFIED BY '${password}'`,
    `GRANT SELECT, CREATE TEMPORARY TABLES, LOCK TABLES ON app.* TO ${login}@'%'`,
    `GRANT INSERT ON app.journal TO ${login}@'%'`,
    // Whoever locks for writing must be able to.
    `GRANT INSERT ON app.lockable TO ${login}@'%'`,
  ];
}
