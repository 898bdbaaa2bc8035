import { type Database, hideSecrets } from '../core/index.ts';

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

/**
 * What a list of scopes asks for. `refused` carries one sentence: for the client's developer, and for whoever typed the
 * name of a database or role into a program.
 */
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

/** What a list of scopes names, whether or not there are such databases and roles. */
export type NamedAccess =
  | {
      readonly outcome: 'named';
      readonly databases: readonly NamedDatabase[];
      readonly identityScopes: readonly string[];
    }
  | Extract<AskedAccess, { outcome: 'refused' }>;

/** One database as scopes name it. */
export interface NamedDatabase {
  readonly name: string;
  /** In the order of the scopes; empty for `db:<database>`. */
  readonly roles: readonly string[];
  readonly scopes: readonly string[];
}

/**
 * Parses a space-separated list of scopes (RFC 6749, section 3.3). Scopes that are neither ours nor a database's are
 * passed over, as stock clients ask for `email` and the like; a list with nothing known in it is refused, because a
 * token without any scope would be good for nothing.
 */
export function parseScopes(scope: string): NamedAccess {
  const named = new Map<
    string,
    { readonly name: string; readonly scopes: string[]; readonly roles: string[] }
  >();
  const aboutThePerson: string[] = [];
  for (const one of new Set(scope.split(' '))) {
    // A request is kept until somebody has signed in: a token that stands in it must not be.
    if (hideSecrets(one) !== one) return refused(one, notWrittenSo(one));
    if (isIdentityScope(one)) aboutThePerson.push(one);
    if (!one.startsWith('db:')) continue;
    const [, name = '', role, ...rest] = one.split(':');
    if (name === '' || role === '' || rest.length > 0) return refused(one, notWrittenSo(one));
    const asked = named.get(name) ?? { name, scopes: [], roles: [] };
    asked.scopes.push(one);
    if (role !== undefined) asked.roles.push(role);
    named.set(name, asked);
  }
  const databases = [...named.values()];
  const twoWays = databases.find(({ scopes, roles }) => roles.length > 0 && roles.length < scopes.length);
  if (twoWays !== undefined) {
    const bare = scopeFor(twoWays.name);
    return refused(
      bare,
      `Ask for ${bare} (the default role) or for roles of ${twoWays.name} by name, not for both.`,
    );
  }
  if (databases.length === 0 && aboutThePerson.length === 0) return refused(scope, askForSomething);
  return { outcome: 'named', databases, identityScopes: aboutThePerson };
}

/** Parses a list of scopes and looks for the databases and roles that it names. */
export function readScopes(scope: string, databases: ReadonlyMap<string, Database>): AskedAccess {
  const parsed = parseScopes(scope);
  if (parsed.outcome === 'refused') return parsed;
  const asked: AskedDatabase[] = [];
  for (const { name, roles, scopes } of parsed.databases) {
    const database = databases.get(name);
    const [first = ''] = scopes;
    if (database === undefined) return refused(first, `There is no database named ${name} (scope ${first}).`);
    const existing = database.roles.map((role) => role.name);
    const unknown = roles.find((role) => !existing.includes(role));
    if (unknown !== undefined) {
      const one = scopeFor(name, unknown);
      return refused(one, `The database ${name} has no role named ${unknown} (scope ${one}).`);
    }
    asked.push({ database, scopes, roles: existing.filter((role) => roles.includes(role)) });
  }
  return { outcome: 'understood', identityScopes: parsed.identityScopes, databases: asked };
}

function refused(scope: string, sentence: string): Extract<AskedAccess, { outcome: 'refused' }> {
  return { outcome: 'refused', scope, sentence };
}

function notWrittenSo(scope: string): string {
  return `The scope ${scope} is not written as db:<database> or db:<database>:<role>.`;
}

/** For a request that names no scope we know, from a client that has no default. */
export const askForSomething =
  'Ask for a scope: db:<database> for your default role there, or db:<database>:<role>.';

/** Whether a scope is one of {@link identityScopes}. */
export function isIdentityScope(scope: string): boolean {
  return identityScopes.some((known) => known === scope);
}
