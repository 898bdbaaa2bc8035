import { startBareRelay } from '../bare-relay/index.ts';
import type { MeasuredProcess } from '../child-process.ts';
import { type Gateway, type GatewayUpstream, startGateway } from '../gateway.ts';
import { orStop } from '../interruption.ts';
import { saysWithoutAudit, withoutAudit } from '../without-audit/index.ts';
import { startHaproxy } from './haproxy.ts';

/**
 * The ways to the same server; `shared` is a gateway whose sessions share server connections, for protocols that can,
 * and `unaudited` one that forgets what it should record (bench/without-audit), for benches that ask what that costs.
 */
export const targetNames = ['direct', 'haproxy', 'bare-relay', 'grantway', 'shared', 'unaudited'] as const;
export type TargetName = (typeof targetNames)[number];
type GatewayName = Exclude<TargetName, 'direct' | 'haproxy' | 'bare-relay'>;

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

/** Starts HAProxy and the gateways in front of a server that runs; all in clear text on loopback. */
export async function startTargets(
  upstream: Upstream,
  { unaudited = false }: { readonly unaudited?: boolean } = {},
): Promise<Targets> {
  const haproxy = await startHaproxy(upstream);
  const bareRelay = await orStop(haproxy, () => startBareRelay(upstream));
  const gateways = new Map<GatewayName, Gateway>();
  const stop = async () => {
    for (const gateway of gateways.values()) await gateway.stop();
    await bareRelay.stop();
    await haproxy.stop();
  };
  await orStop({ stop }, async () => {
    const own = { mode: 'session', size: poolSize } as const;
    gateways.set('grantway', await startGateway(upstream, own));
    if (upstream.canShare)
      gateways.set('shared', await startGateway(upstream, { ...own, mode: 'multiplexed' }));
    if (!unaudited) return;
    const gateway = await startGateway(upstream, own, withoutAudit);
    gateways.set('unaudited', gateway);
    await gateway.process.said(saysWithoutAudit, 1_000);
  });
  const { login } = upstream;
  const password = async () => upstream.password;
  const all: readonly Target[] = [
    { name: 'direct', port: upstream.port, login, password },
    { name: 'haproxy', port: haproxy.port, login, password, process: haproxy.process },
    { name: 'bare-relay', port: bareRelay.port, login, password, process: bareRelay.process },
    ...[...gateways].map(([name, { port, token, process }]) => ({
      name,
      port,
      login: 'bench',
      password: token,
      process,
    })),
  ];
  return {
    order: (round) => all.map((_, index) => all[(index + round) % all.length]).filter((target) => !!target),
    stop,
  };
}
