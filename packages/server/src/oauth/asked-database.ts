import type { Database } from '../core/index.ts';
import type { AskedAtDoor } from './authorization-server.ts';
import { readScopes } from './scopes.ts';

/** Which database, and as which roles, somebody wants in whose token names neither. */
interface AskedPlace {
  readonly database: Database;
  /** All of them, or the one that the user name says. */
  readonly roles: readonly string[];
}

/**
 * The database that a client means, in this order: a scope as the user name (`db:sales`, `db:sales:readonly`), which
 * every protocol has room for; the database name on the wire, ours or the server's; the only one of the engine. A name
 * that fits none or two of them means none: to guess would be to connect somebody where they did not want to be.
 */
export function askedDatabase(
  { engine, database: named, user }: AskedAtDoor,
  databases: ReadonlyMap<string, Database>,
): AskedPlace | undefined {
  if (user.startsWith('db:')) {
    const scope = readScopes(user, databases);
    const [only, ...more] = scope.outcome === 'understood' ? scope.databases : [];
    if (only === undefined || more.length > 0) return undefined;
    return { database: only.database, roles: only.roles.length > 0 ? only.roles : rolesOf(only.database) };
  }
  const own = [...databases.values()].filter((one) => one.engine === engine);
  const fitting =
    named === ''
      ? own
      : [
          own.filter(({ name }) => name === named),
          own.filter(({ upstreamName }) => upstreamName === named),
        ].find((found) => found.length > 0);
  // Clients that were given no database name send the user name instead (libpq does).
  const [only, ...others] = fitting ?? (named === user ? own : []);
  return only === undefined || others.length > 0 ? undefined : { database: only, roles: rolesOf(only) };
}

function rolesOf({ roles }: Database): readonly string[] {
  return roles.map(({ name }) => name);
}
