import { newId } from '../../packages/server/src/core/index.ts';
import { startMariadb, type TestMysql } from '../../tests/support/mysql.ts';
import type { Upstream } from '../beside-haproxy/index.ts';
import { orStop } from '../interruption.ts';
import { fillTables, sysbenchDatabase } from './sysbench.ts';

/** Starts MariaDB 10.11 with room for everything in memory, and fills sysbench's tables. */
export async function startUpstream(): Promise<Upstream> {
  const server = await startMariadb({
    settings: {
      max_connections: '700',
      innodb_buffer_pool_size: '512M',
      innodb_log_file_size: '256M',
      max_prepared_stmt_count: '100000',
    },
  });
  return await orStop(server, () => filled(server));
}

async function filled(server: TestMysql): Promise<Upstream> {
  const [login, password] = ['bench', newId()];
  const admin = await server.adminClient();
  await admin.query(`CREATE DATABASE ${sysbenchDatabase}`);
  await admin.query(`CREATE USER ${login}@'%' IDENTIFIED BY '${password}'`);
  await admin.query(`GRANT ALL ON ${sysbenchDatabase}.* TO ${login}@'%'`);
  await admin.end();
  await fillTables({ port: server.port, login, password: async () => password });
  const version = /ersion: '(\d+\.\d+\.\d+)/.exec(server.log())?.[1] ?? '10.11';
  const { host, port } = server;
  return {
    engine: 'mysql',
    canShare: false,
    host,
    port,
    database: sysbenchDatabase,
    login,
    password,
    version,
    stop: server.stop,
  };
}
