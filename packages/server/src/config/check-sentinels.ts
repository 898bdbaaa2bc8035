import { isLoopback } from './addresses.ts';
import type { DatabaseHead } from './database-schema.ts';
import type { KeyPath } from './problem.ts';
import type { Finding } from './schema-problems.ts';
import { sentinelEngines } from './supported.ts';

/** What `sentinels`, `primary` and `sentinelAccount` say wrong, together and with the other keys of their database. */
export function checkSentinels(head: DatabaseHead, at: KeyPath): readonly Finding[] {
  const { engine, host, port, sentinels, primary, sentinelAccount, tls } = head;
  const path = [...at, 'sentinels'];
  if (sentinels === undefined)
    return [
      ...(primary === undefined
        ? []
        : [
            {
              path: [...at, 'primary'],
              message: 'There are no Sentinels to ask where this primary is.',
              fix: 'Add sentinels, or remove primary.',
            },
          ]),
      ...(sentinelAccount === undefined
        ? []
        : [
            {
              path: [...at, 'sentinelAccount'],
              message: 'There are no Sentinels that this account could ask.',
              fix: 'Add sentinels, or remove sentinelAccount.',
            },
          ]),
    ];
  if (!sentinelEngines.includes(engine))
    return [{ path, message: 'Only Redis and Valkey have Sentinels.', fix: 'Write host instead.' }];
  if (primary === undefined)
    return [
      {
        path,
        message: 'The key primary is missing: Sentinels watch primaries by name.',
        fix: 'Write the name that sentinel.conf has for it, for example mymaster.',
      },
    ];
  if (host !== undefined || port !== undefined)
    return [
      {
        path: [...at, host === undefined ? 'port' : 'host'],
        message: 'The Sentinels say where the server is.',
        fix: 'Remove host and port, or remove sentinels and primary.',
      },
    ];
  if (tls === 'off' && sentinels.some((sentinel) => !isLoopback(sentinel.host)))
    return [
      {
        path: [...at, 'tls'],
        message: 'Without TLS, whoever stands between could name another primary.',
        fix: 'Write verify-full; off is for loopback hosts only.',
      },
    ];
  return [];
}
