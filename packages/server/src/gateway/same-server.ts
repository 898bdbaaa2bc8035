import { isDeepStrictEqual } from 'node:util';
import type { Database } from '../core/index.ts';

/**
 * Whether two readings of the configuration name the same place behind a database, with logins had in the same way: then
 * what is logged in there stays what it is.
 */
export function isSameServer(one: Database, other: Database): boolean {
  return isDeepStrictEqual(serverOf(one), serverOf(other));
}

function serverOf({ host, port, sentinels, upstreamName, aws, identityToken }: Database) {
  return { host, port, sentinels, upstreamName, aws, identityToken };
}
