import { chmod, chown, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../../packages/server/src/demo/free-port.ts';
import { chooseServerAccount } from '../../packages/server/src/demo/server-account.ts';
import { type MeasuredProcess, startMeasured } from '../child-process.ts';
import { orStop } from '../interruption.ts';
import type { Upstream } from './upstream.ts';

/** A running PgBouncer. */
export interface PgBouncer {
  readonly port: number;
  readonly process: MeasuredProcess;
  stop(): Promise<void>;
}

/**
 * Starts Debian's PgBouncer in session mode, with SCRAM on both sides and a server pool that no client waits for: the
 * set-up that keeps every feature of PostgreSQL, as Grantway's session pooling does.
 */
export async function startPgBouncer(
  upstream: Pick<Upstream, 'host' | 'port' | 'database' | 'login' | 'password'>,
  poolSize: number,
): Promise<PgBouncer> {
  const folder = await mkdtemp(join(tmpdir(), 'grantway-bench-pgbouncer-'));
  const port = await freePort();
  const config = `
[databases]
${upstream.database} = host=${upstream.host} port=${upstream.port} dbname=${upstream.database} user=${upstream.login} password=${upstream.password}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = scram-sha-256
auth_file = ${join(folder, 'users.txt')}
pool_mode = session
default_pool_size = ${poolSize}
max_client_conn = 20000
ignore_startup_parameters = extra_float_digits
log_connections = 0
log_disconnections = 0
`;
  await writeFile(join(folder, 'pgbouncer.ini'), config);
  await writeFile(join(folder, 'users.txt'), `"${upstream.login}" "${upstream.password}"\n`);

  // PgBouncer refuses to run as root.
  const account = await chooseServerAccount(folder);
  if (account) await chown(folder, account.uid, account.gid);
  await chmod(folder, 0o755);
  const process = startMeasured('pgbouncer', [join(folder, 'pgbouncer.ini')], { ...account, cwd: '/' });
  const pgbouncer: PgBouncer = {
    port,
    process,
    stop: async () => {
      await process.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
  await orStop(pgbouncer, () => process.said(/process up/, 10_000));
  return pgbouncer;
}
