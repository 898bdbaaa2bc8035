import type { DatabaseHead } from './database-schema.ts';
import type { KeyPath } from './problem.ts';
import type { Finding } from './schema-problems.ts';
import { cloudEngines } from './supported.ts';

/** What `cloud` says wrong together with the other keys of its database. */
export function checkCloud({ cloud, engine, tls, pool }: DatabaseHead, at: KeyPath): readonly Finding[] {
  if (cloud === undefined) return [];
  const path = [...at, 'cloud'];
  if (!cloudEngines.includes(engine))
    return [
      {
        path,
        message: `Clouds issue passwords here for ${cloudEngines.join(', ')} only.`,
        fix: 'Remove cloud.',
      },
    ];
  const onAws = cloud.kind === 'elasticache' || cloud.kind === 'memorydb';
  const findings: Finding[] = [];
  if (onAws && (cloud.region === undefined || cloud.name === undefined))
    findings.push({
      path,
      message: 'AWS is asked for one cache in one region.',
      fix: 'Write region and name.',
    });
  if (!onAws && (cloud.region !== undefined || cloud.name !== undefined))
    findings.push({ path, message: 'Region and name are for AWS only.', fix: 'Remove them.' });
  if (cloud.serverless && cloud.kind !== 'elasticache')
    findings.push({
      path: [...path, 'serverless'],
      message: 'Serverless caches are on ElastiCache only.',
      fix: 'Remove serverless.',
    });
  if (tls === 'off')
    findings.push({
      path: [...at, 'tls'],
      message: 'A password of a cloud goes over TLS only.',
      fix: 'Write verify-full.',
    });
  if (pool.mode === 'multiplexed')
    findings.push({
      path: [...at, 'pool', 'mode'],
      message: 'A shared connection cannot be signed in again.',
      fix: 'Write session, or take this entry out.',
    });
  return findings;
}
