import { isLoopback } from './addresses.ts';
import type { DatabaseHead } from './database-schema.ts';
import type { KeyPath } from './problem.ts';
import type { Finding } from './schema-problems.ts';
import { clusterEngines } from './supported.ts';

/** What `cluster` says wrong together with the other keys of its database. */
export function checkCluster(head: DatabaseHead, at: KeyPath): readonly Finding[] {
  const { engine, host, port, sentinels, cluster, database, tls } = head;
  const path = [...at, 'cluster'];
  if (cluster === undefined) return [];
  if (!clusterEngines.includes(engine))
    return [{ path, message: 'Only Redis and Valkey have such clusters.', fix: 'Write host instead.' }];
  if (sentinels !== undefined)
    return [
      {
        path,
        message: 'A cluster needs no Sentinels: it promotes replicas by itself.',
        fix: 'Remove cluster, or remove sentinels and primary.',
      },
    ];
  if (host !== undefined || port !== undefined)
    return [
      {
        path: [...at, host === undefined ? 'port' : 'host'],
        message: 'The nodes of the cluster say where its servers are.',
        fix: 'Remove host and port, or remove cluster.',
      },
    ];
  if (database !== undefined && String(database) !== '0')
    return [
      {
        path: [...at, 'database'],
        message: 'A cluster has the database 0 only.',
        fix: 'Leave this out.',
      },
    ];
  if (tls === 'off' && cluster.some((node) => !isLoopback(node.host)))
    return [
      {
        path: [...at, 'tls'],
        message: 'Without TLS, passwords and data would cross the network in clear text.',
        fix: 'Write verify-full; off is for loopback hosts only.',
      },
    ];
  return [];
}
