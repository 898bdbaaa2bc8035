import type { Database } from '../core/index.ts';

/** The scopes that are about the person and the client, not about a database. */
export const identityScopes = ['openid', 'profile', 'groups', 'offline_access'] as const;

/** One database that scopes ask for. */
export interface AskedDatabase {
  readonly database: Database;
  /** The roles that the scopes name, in the order of the config; empty for `db:<database>`, the default role. */
  readonly roles: readonly string[];
  /** The scopes themselves. */
  readonly scopes: readonly string[];
}

/** What a list of scopes asks for. `refused` carries one sentence for the client's developer. */
export type AskedAccess =
  | {
      readonly outcome: 'understood';
      readonly databases: readonly AskedDatabase[];
      readonly identityScopes: readonly string[];
    }
  | { readonly outcome: 'refused'; readonly sentence: string; readonly scope: string };

/** `db:<database>` or `db:<database>:<role>`. */
export function scopeFor(database: string, role?: string): string {
  return role === undefined ? `db:${database}` : `db:${database}:${role}`;
}

/** Every scope that exists for a database. */
export function scopesOf(database: Database): readonly string[] {
  return [scopeFor(database.name), ...database.roles.map((role) => scopeFor(database.name, role.name))];
}

/**
 * Reads a space-separated list of scopes (RFC 6749, section 3.3). Scopes that are neither ours nor a database's are
 * passed over, as stock clients ask for `email` and the like; a list with nothing known in it is refused, because a
 * token without any scope would be good for nothing.
 */
export function readScopes(scope: string, databases: ReadonlyMap<string, Database>): AskedAccess {
  const named = new Map<
    string,
    { readonly database: Database; readonly scopes: string[]; readonly roles: string[] }
  >();
  const aboutThePerson: string[] = [];
  for (const one of new Set(scope.split(' '))) {
    if (isIdentityScope(one)) aboutThePerson.push(one);
    if (!one.startsWith('db:')) continue;
    const [, databaseName = '', roleName, ...rest] = one.split(':');
    const database = databases.get(databaseName);
    if (database === undefined || rest.length > 0)
      return { outcome: 'refused', scope: one, sentence: `There is no database for the scope ${one}.` };
    if (roleName !== undefined && !database.roles.some((role) => role.name === roleName))
      return {
        outcome: 'refused',
        scope: one,
        sentence: `The database ${database.name} has no role for the scope ${one}.`,
      };
    const asked = named.get(databaseName) ?? { database, scopes: [], roles: [] };
    asked.scopes.push(one);
    if (roleName !== undefined) asked.roles.push(roleName);
    named.set(databaseName, asked);
  }
  const twoWays = [...named.values()].find(
    ({ scopes, roles }) => roles.length > 0 && roles.length < scopes.length,
  );
  if (twoWays !== undefined) {
    const bare = scopeFor(twoWays.database.name);
    return {
      outcome: 'refused',
      scope: bare,
      sentence: `Ask for ${bare} (the default role) or for roles of ${twoWays.database.name} by name, not for both.`,
    };
  }
  if (named.size === 0 && aboutThePerson.length === 0)
    return { outcome: 'refused', scope, sentence: askForSomething };
  return {
    outcome: 'understood',
    identityScopes: aboutThePerson,
    databases: [...named.values()].map(({ database, scopes, roles }) => ({
      database,
      scopes,
      roles: database.roles.map((role) => role.name).filter((name) => roles.includes(name)),
    })),
  };
}

/** For a request that names no scope we know, from a client that has no default. */
export const askForSomething =
  'Ask for a scope: db:<database> for your default role there, or db:<database>:<role>.';

/** Whether a scope is one of {@link identityScopes}. */
export function isIdentityScope(scope: string): boolean {
  return identityScopes.some((known) => known === scope);
}
