import { join } from 'node:path';
import { type MeasuredProcess, mostOpenFiles, startMeasured } from '../child-process.ts';
import { startGateway } from '../gateway.ts';
import { progress } from '../progress.ts';
import type { BenchOptions } from './bench-postgres.ts';
import { startPgBouncer } from './pgbouncer.ts';
import type { TargetName } from './targets.ts';

/** Memory of the process between with so many clients that are signed in and say nothing. All in bytes. */
export interface IdleRow {
  readonly target: TargetName;
  readonly clients: number;
  readonly residentBefore: number;
  readonly resident: number;
  readonly perClient: number;
}

/**
 * Clients sign in and stay. The upstream is a stand-in that only answers logins: in session mode each client of the
 * gateway holds a connection to the server, and ten thousand real backends would measure PostgreSQL's memory instead.
 * PgBouncer takes a server connection at the first statement only, so its clients hold none. A gateway's client costs
 * it two sockets: a machine that does not allow a process 20,200 files gets as many clients as it has room for.
 */
export async function measureIdleClients({ quick }: BenchOptions): Promise<readonly IdleRow[]> {
  const counts = quick ? [100, 500] : [1_000, Math.min(10_000, Math.floor(mostOpenFiles() / 2) - 100)];
  const standIn = startMeasured(process.execPath, [join(import.meta.dirname, 'stand-in-server.ts')]);
  try {
    const port = Number((await standIn.said(/listening on (\d+)/, 10_000))[1]);
    const login = { host: '127.0.0.1', port, database: 'bench', login: 'bench_read', password: 'bench' };
    const rows: IdleRow[] = [];

    const gateway = await startGateway({ engine: 'postgres', ...login }, { mode: 'session', size: 10_000 });
    const viaGateway = { name: 'grantway', port: gateway.port, process: gateway.process } as const;
    const measured = (async () => measure(viaGateway, await gateway.token(), counts))();
    rows.push(...(await measured.finally(gateway.stop)));

    const pgbouncer = await startPgBouncer(login, 10_000);
    const viaPgBouncer = { name: 'pgbouncer', port: pgbouncer.port, process: pgbouncer.process } as const;
    rows.push(...(await measure(viaPgBouncer, login.password, counts).finally(pgbouncer.stop)));
    return rows;
  } finally {
    await standIn.stop();
  }
}

async function measure(
  target: { readonly name: TargetName; readonly port: number; readonly process: MeasuredProcess },
  password: string,
  counts: readonly number[],
): Promise<readonly IdleRow[]> {
  const residentBefore = target.process.residentBytes();
  const crowd = startMeasured(process.execPath, [join(import.meta.dirname, 'crowd.ts')], {
    env: { PATH: process.env.PATH, PGPORT: String(target.port), PGPASSWORD: password },
  });
  const rows: IdleRow[] = [];
  try {
    for (const clients of counts) {
      progress(`idle clients: ${clients} on ${target.name}`);
      crowd.child.stdin?.write(`${clients}\n`);
      await crowd.said(new RegExp(`^${clients} signed in$`, 'm'), 300_000);
      // Whatever the logins left behind has its chance to go.
      await new Promise((resolve) => setTimeout(resolve, 3_000));
      const resident = target.process.residentBytes();
      const perClient = Math.round((resident - residentBefore) / clients);
      rows.push({ target: target.name, clients, residentBefore, resident, perClient });
    }
  } finally {
    await crowd.stop();
  }
  return rows;
}
