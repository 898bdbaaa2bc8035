import { startBareRelay } from '../bare-relay/index.ts';
import type { MeasuredProcess } from '../child-process.ts';
import { type Gateway, startGateway } from '../gateway.ts';
import { type PgBouncer, startPgBouncer } from './pgbouncer.ts';
import { startUpstream, type Upstream } from './upstream.ts';

/** The ways to the same server. */
export const targetNames = ['direct', 'pgbouncer', 'bare-relay', 'grantway'] as const;
export type TargetName = (typeof targetNames)[number];

/** One way to the server, as a client sees it. */
export interface Target {
  readonly name: TargetName;
  readonly port: number;
  readonly database: string;
  readonly user: string;
  /** What to give as password; the gateway's is a token, fetched anew each time. */
  password(): Promise<string>;
  /** What stands between; absent for the direct connection. */
  readonly process?: MeasuredProcess;
}

export interface Targets {
  readonly upstream: Upstream;
  readonly gateway: Gateway;
  readonly pgbouncer: PgBouncer;
  /** All of them, in an order that changes with `round`. */
  order(round: number): readonly Target[];
  stop(): Promise<void>;
}

/** Starts everything, alike: clear text on loopback, session pooling, `poolSize` upstream connections at most. */
export async function startTargets({ poolSize }: { readonly poolSize: number }): Promise<Targets> {
  const started: { stop(): Promise<void> }[] = [];
  const stop = async () => {
    for (const part of started.toReversed()) await part.stop();
  };
  try {
    const upstream = await startUpstream(10);
    started.push(upstream);
    const pgbouncer = await startPgBouncer(upstream, poolSize);
    started.push(pgbouncer);
    const bareRelay = await startBareRelay(upstream);
    started.push(bareRelay);
    const gateway = await startGateway(upstream, { mode: 'session', size: poolSize });
    started.push(gateway);

    const login = {
      database: upstream.database,
      user: upstream.login,
      password: async () => upstream.password,
    };
    const all: readonly Target[] = [
      { name: 'direct', port: upstream.port, ...login },
      { name: 'pgbouncer', port: pgbouncer.port, process: pgbouncer.process, ...login },
      { name: 'bare-relay', port: bareRelay.port, process: bareRelay.process, ...login },
      { ...login, name: 'grantway', port: gateway.port, process: gateway.process, password: gateway.token },
    ];
    return {
      upstream,
      gateway,
      pgbouncer,
      order: (round) => all.map((_, index) => all[(index + round) % all.length]).filter((target) => !!target),
      stop,
    };
  } catch (failure) {
    await stop();
    throw failure;
  }
}
