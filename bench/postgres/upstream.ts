import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { newId } from '../../packages/server/src/core/index.ts';
import { startPostgres, type TestPostgres } from '../../tests/support/postgres.ts';
import type { GatewayUpstream } from '../gateway.ts';
import { interrupted, orStop } from '../interruption.ts';

const run = promisify(execFile);

/** The PostgreSQL server behind all three, filled by `pgbench -i`. */
export interface Upstream extends GatewayUpstream {
  readonly engine: 'postgres';
  readonly database: string;
  readonly version: string;
  stop(): Promise<void>;
}

/** Starts it with 100,000 × `scale` accounts, everything in memory. */
export async function startUpstream(scale: number): Promise<Upstream> {
  const server = await startPostgres({ settings: { max_connections: '400', shared_buffers: '512MB' } });
  return await orStop(server, () => filled(server, scale));
}

async function filled(server: TestPostgres, scale: number): Promise<Upstream> {
  const password = newId();
  const admin = await server.adminClient();
  await admin.query('CREATE DATABASE bench');
  await admin.query(`CREATE ROLE bench_read LOGIN PASSWORD '${password}' IN ROLE pg_read_all_data`);
  const { rows } = await admin.query('SHOW server_version');
  await admin.end();
  const url = server.superuserUrl('bench');
  await run('pgbench', ['-i', '-q', '-s', String(scale), url], { signal: interrupted });

  return {
    engine: 'postgres',
    host: server.host,
    port: server.port,
    database: 'bench',
    login: 'bench_read',
    password,
    version: String(rows[0].server_version),
    stop: () => server.stop(),
  };
}
