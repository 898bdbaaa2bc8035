import { isDeepStrictEqual } from 'node:util';
import type { Config } from '../config/index.ts';

/**
 * What a reload cannot change, because it is bound to sockets, files, and the tokens that are out, as a sentence for the
 * operator; empty when `next` differs in nothing of it.
 */
export function needsRestart(running: Config, next: Config): string {
  const fixed = [
    'issuer',
    'dataDir',
    'store',
    'listen',
    'trustedProxies',
    'signIn',
    'scim',
    'workloads',
    'masterKey',
  ] as const;
  const changed = fixed.filter((key) => !isDeepStrictEqual(running[key], next[key]));
  return changed.length === 0
    ? ''
    : `A restart is needed to change ${changed.join(', ')}; nothing was reloaded.\n`;
}
