import type { MeasuredProcess } from '../child-process.ts';
import { type Gateway, type GatewayUpstream, startGateway } from '../gateway.ts';
import { startHaproxy } from './haproxy.ts';

/** The ways to the same server; `shared` is a gateway whose sessions share server connections, for protocols that can. */
export const targetNames = ['direct', 'haproxy', 'grantway', 'shared'] as const;
export type TargetName = (typeof targetNames)[number];

/** The server behind all three, filled with data. */
export interface Upstream extends GatewayUpstream {
  readonly engine: 'mysql' | 'redis';
  /** Product and version, as the report names them. */
  readonly version: string;
  /** Whether one connection of it can serve several sessions at once. */
  readonly canShare: boolean;
  stop(): Promise<void>;
}

/** One way to the server, as a client sees it. */
export interface Target {
  readonly name: TargetName;
  readonly port: number;
  readonly login: string;
  /** What to give as password; the gateway's is a token, fetched anew each time. */
  password(): Promise<string>;
  /** What stands between; absent for the direct connection. */
  readonly process?: MeasuredProcess;
}

export interface Targets {
  /** All of them, in an order that changes with `round`. */
  order(round: number): readonly Target[];
  stop(): Promise<void>;
}

/** More connections than any load has clients: nobody waits for one. */
export const poolSize = 600;

/** Starts HAProxy and the gateway in front of a server that runs; all in clear text on loopback. */
export async function startTargets(upstream: Upstream): Promise<Targets> {
  const haproxy = await startHaproxy(upstream);
  const gateway = await startGateway(upstream, { mode: 'session', size: poolSize }).catch(
    async (failure: unknown) => {
      await haproxy.stop();
      throw failure;
    },
  );
  const sharing = upstream.canShare
    ? await startGateway(upstream, { mode: 'multiplexed', size: poolSize })
    : undefined;
  const { login } = upstream;
  const password = async () => upstream.password;
  const all: readonly Target[] = [
    { name: 'direct', port: upstream.port, login, password },
    { name: 'haproxy', port: haproxy.port, login, password, process: haproxy.process },
    through('grantway', gateway),
    ...(sharing === undefined ? [] : [through('shared', sharing)]),
  ];
  return {
    order: (round) => all.map((_, index) => all[(index + round) % all.length]).filter((target) => !!target),
    stop: async () => {
      await sharing?.stop();
      await gateway.stop();
      await haproxy.stop();
    },
  };
}

function through(name: 'grantway' | 'shared', { port, token, process }: Gateway): Target {
  return { name, port, login: 'bench', password: token, process };
}
