import type { Clock, Database } from '../core/index.ts';
import { CloudLogins } from '../engines/redis/cloud/index.ts';
import { IssuedLogins } from '../engines/redshift/index.ts';
import { type Log, UpstreamPool } from '../gateway/index.ts';
import type { ProviderWord } from '../oauth/index.ts';
import { RoleSecrets, upstreamCredentials } from '../vault/index.ts';
import { createEngines } from './engine-registry.ts';
import type { Foundations } from './open-foundations.ts';

/** Shorter than the listeners' login deadline: who waits in vain must hear why, and not be cut off. */
const poolWaitMs = 10_000;
const poolIdleMs = 60_000;
const connectTimeoutMs = 5_000;

interface Parts extends Pick<Foundations, 'vault' | 'secrets'> {
  /** Those of the configuration that is valid now. */
  readonly databases: () => ReadonlyMap<string, Database>;
  readonly identityToken: ProviderWord['identityToken'];
  readonly clock: Clock;
  readonly log: Log;
}

/** The way to the databases: the engines, and the pool of connections that are logged in as the roles. Dials nothing yet. */
export function openUpstreams({ vault, secrets, databases, identityToken, clock, log }: Parts) {
  const engines = createEngines({ secrets, problem: log.problem });
  const credentials = upstreamCredentials(new RoleSecrets({ vault, secrets, databases }), {
    redshift: new IssuedLogins(identityToken, clock),
    redis: new CloudLogins(clock, log.problem),
  });
  const pool = new UpstreamPool({
    engines,
    credentials,
    clock,
    waitMs: poolWaitMs,
    idleMs: poolIdleMs,
    connectTimeoutMs,
  });
  return { engines, pool };
}
