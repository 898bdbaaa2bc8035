import { CloudLogins } from '../engines/redis/cloud/index.ts';
import { IssuedLogins } from '../engines/redshift/index.ts';
import { UpstreamPool } from '../gateway/index.ts';
import type { ProviderWord } from '../oauth/index.ts';
import { RoleSecrets, upstreamCredentials } from '../vault/index.ts';
import { createEngines } from './engine-registry.ts';
import type { GatewayBase } from './open-base.ts';

/** Shorter than the listeners' login deadline: who waits in vain must hear why, and not be cut off. */
const poolWaitMs = 10_000;
const poolIdleMs = 60_000;
const connectTimeoutMs = 5_000;

/**
 * The way to the databases: the engines, and the pool of connections that are logged in as the roles. Dials nothing yet.
 * `identityToken` asks a person's provider for a token that a database takes.
 */
export function openUpstreams(
  { vault, secrets, config, clock, log }: GatewayBase,
  identityToken: ProviderWord['identityToken'],
) {
  const databases = () => config().databases;
  const engines = createEngines({ secrets, problem: log.problem });
  const credentials = upstreamCredentials(new RoleSecrets({ vault, secrets, databases }), {
    redshift: new IssuedLogins(identityToken, clock),
    redis: new CloudLogins(clock, log.problem),
  });
  const pool = new UpstreamPool({
    engines,
    credentials,
    waitMs: poolWaitMs,
    idleMs: poolIdleMs,
    connectTimeoutMs,
  });
  return { engines, pool };
}
