import type { Config, Environment } from '../config/index.ts';
import type { UpstreamPool } from '../gateway/index.ts';
import type { ReloadOutcome } from '../http/api/index.ts';
import { adoptConfig } from './adopt-config.ts';
import type { LiveSessions } from './live-sessions.ts';
import type { GatewayBase } from './open-base.ts';
import { readConfigAgain } from './read-config-again.ts';

interface Parts extends Pick<LiveSessions, 'registry' | 'stillAllowed'> {
  readonly base: GatewayBase;
  /** What the gateway was started with: a reload changes nothing that needs a start. */
  readonly started: Config;
  readonly env: Environment;
  readonly pool: UpstreamPool;
  /** Lets browsers see the certificate in force. */
  readonly showCertificate: () => void;
}

/** Reads the config file again and lets it count. A bad one changes nothing. `by` is recorded. */
export async function reloadConfig(by: string, parts: Parts): Promise<ReloadOutcome> {
  const { base, started, env, pool, registry, stillAllowed, showCertificate } = parts;
  const { inForce, audit } = base;
  const read = await readConfigAgain(started, env, base.secrets);
  if (read.outcome === 'refused') {
    audit.record({ type: 'gateway', action: 'config_refused', detail: by });
    return read;
  }
  await adoptConfig(read.config, base);
  // Connections that are there keep the certificate that they saw.
  inForce.tls = read.tls;
  showCertificate();
  audit.record({ type: 'gateway', action: 'config_reloaded', detail: by });
  pool.closeIdle();
  await registry.recheck(stillAllowed, 'the rules of this database changed');
  return { outcome: 'reloaded' };
}
