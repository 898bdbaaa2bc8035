import type { Logger } from 'pino';
import type { AuditChain } from '../audit/index.ts';
import type { Config } from '../config/index.ts';
import { type Clock, newUuid, systemClock } from '../core/index.ts';
import { type Log, loadTlsIdentity, operatorLog, type TlsIdentity } from '../gateway/index.ts';
import { type ClientRegistry, createClientRegistry, createRevoker, type Revoker } from '../oauth/index.ts';
import { type Foundations, openChain, openFoundations } from './open-foundations.ts';

/** What counts now; a reload replaces both. */
export interface InForce {
  config: Config;
  tls: TlsIdentity;
}

/** What every part of a gateway stands on. */
export interface GatewayBase extends Foundations {
  /** Of this run of this process: what it is called among the gateways on one store. */
  readonly gatewayId: string;
  readonly inForce: InForce;
  /** The configuration in force. */
  readonly config: () => Config;
  /** The gateway's own chain, which it keeps open. */
  readonly audit: AuditChain;
  readonly revoker: Revoker;
  readonly clients: ClientRegistry;
  readonly clock: Clock;
  /** What operators read, as the libraries take it. */
  readonly logger: Logger;
  readonly log: Log;
}

/** @throws Error with a sentence for the operator; what was opened is closed with `opened` */
export async function openBase(
  config: Config,
  logger: Logger,
  opened: AsyncDisposableStack,
): Promise<GatewayBase> {
  const clock = systemClock;
  const log = operatorLog(logger);
  const foundations = await openFoundations(config, opened);
  const { store, vault, secrets } = foundations;
  const audit = await openChain('audit', config, { store, vault, log }, opened);
  const revoker = createRevoker(store, audit, clock);
  const inForce = { config, tls: await loadTlsIdentity(config) };
  return {
    ...foundations,
    gatewayId: newUuid(),
    inForce,
    config: () => inForce.config,
    audit,
    revoker,
    clients: createClientRegistry(store, secrets, revoker, clock),
    clock,
    logger,
    log,
  };
}
