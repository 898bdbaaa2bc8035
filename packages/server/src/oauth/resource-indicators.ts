import { type Client, errors, type KoaContextWithOIDC, type ResourceServer } from 'oidc-provider';
import type { Config } from '../config/index.ts';
import { jwtBearerGrant, ownMetadata, tokenExchangeGrant } from './client-metadata.ts';
import { databaseOf, resourceOf } from './resources.ts';
import { askForSomething, type NamedAccess, parseScopes, readScopes, scopesOf } from './scopes.ts';
import { textsIn } from './texts-in.ts';

type Named = Extract<NamedAccess, { outcome: 'named' }>;

/** The library's questions about scopes and resources (RFC 8707). */
export interface ResourceIndicators {
  /** Which resources a request means that names none, or which one of several a token is for. */
  defaultResource(
    ctx: KoaContextWithOIDC,
    client: Client,
    oneOf?: readonly string[],
  ): Promise<string | string[]>;
  /** What a resource is; refuses one that does not exist. */
  getResourceServerInfo(ctx: KoaContextWithOIDC, resource: string, client: Client): Promise<ResourceServer>;
}

/**
 * Scopes decide: `db:sales` implies the resource `<issuer>/db/sales`. What a request says of itself is checked in
 * {@link settle} before anybody is asked to sign in; whether there is such a database only afterwards, when the library
 * asks again, since strangers could try names otherwise.
 */
export function createResourceIndicators(config: () => Config): ResourceIndicators {
  return {
    async defaultResource(ctx, client, oneOf) {
      if (oneOf !== undefined) return oneResource(config(), oneOf, ctx.oidc.params?.scope);
      const asked = settle(ctx, client, config());
      const implied = asked.databases.map(({ name }) => resourceOf(config().issuer, name));
      // Without a consent there is nothing to keep for a later request: the token is made now, for one.
      return hasNoConsent(ctx) ? oneResource(config(), implied, undefined) : implied;
    },

    async getResourceServerInfo(ctx, resource, client) {
      const { issuer, databases, tokens } = config();
      let scopes: readonly string[] | undefined;
      if (ctx.oidc.route !== 'token' || hasNoConsent(ctx)) {
        const asked = settle(ctx, client, config());
        matchResources(ctx, issuer, asked);
        if (isBeforeSignIn(ctx))
          scopes = asked.databases.find(({ name }) => resourceOf(issuer, name) === resource)?.scopes;
      }
      const database = databaseOf(issuer, resource, databases);
      scopes ??= database && scopesOf(database);
      if (scopes === undefined)
        throw new errors.InvalidTarget(`There is no database behind the resource ${resource}.`);
      return {
        scope: scopes.join(' '),
        audience: resource,
        accessTokenTTL: Math.max(1, Math.floor(tokens.accessMs / 1000)),
        accessTokenFormat: 'opaque',
      };
    },
  };
}

/**
 * Fills in the client's default scopes and refuses what is not for this client, and, once somebody has signed in, what
 * does not exist.
 * @throws errors.InvalidScope
 */
function settle(ctx: KoaContextWithOIDC, client: Client, { databases }: Pick<Config, 'databases'>): Named {
  const params = ctx.oidc.params ?? {};
  const registered = client[ownMetadata.scope];
  const own = typeof registered === 'string' ? registered : undefined;
  params.scope ??= own;
  if (typeof params.scope !== 'string') throw new errors.InvalidScope(askForSomething, '');
  const asked = parseScopes(params.scope);
  if (asked.outcome === 'refused') throw new errors.InvalidScope(asked.sentence, asked.scope);
  const allowed = own?.split(' ');
  const beyond = asked.databases
    .flatMap(({ scopes }) => scopes)
    .find((scope) => allowed !== undefined && !allowed.includes(scope));
  if (beyond !== undefined)
    throw new errors.InvalidScope(`This client is not registered for the scope ${beyond}.`, beyond);
  if (hasNoConsent(ctx) && asked.databases.length === 0)
    throw new errors.InvalidScope(askForSomething, params.scope);
  const existing = isBeforeSignIn(ctx) ? asked : readScopes(params.scope, databases);
  if (existing.outcome === 'refused') throw new errors.InvalidScope(existing.sentence, existing.scope);
  return asked;
}

/**
 * Whether nobody is known yet in whose name the request is: that holds for everything that a device or a program sends
 * by itself, too, and the person who comes to it later runs through all checks again.
 */
function isBeforeSignIn({ oidc }: KoaContextWithOIDC): boolean {
  return oidc.route !== 'token' && oidc.session?.accountId === undefined;
}

/** Resources that are named must be those of the scopes: neither may widen or narrow the other in silence. */
function matchResources(ctx: KoaContextWithOIDC, issuer: string, asked: Named): void {
  const implied = asked.databases.map(({ name }) => resourceOf(issuer, name));
  const named = textsIn(ctx.oidc.params?.resource);
  const unasked = named.find((resource) => !implied.includes(resource));
  if (unasked !== undefined)
    throw new errors.InvalidTarget(`No scope asks for the database of the resource ${unasked}.`);
  if (hasNoConsent(ctx)) return;
  const unnamed = implied.find((resource) => !named.includes(resource));
  if (unnamed !== undefined)
    throw new errors.InvalidTarget(`The scopes ask for ${unnamed} too: name every resource, or none.`);
}

/**
 * Which of several resources a token is for: the only one, or the one that the scopes of this request narrow it to.
 * @throws errors.InvalidTarget
 */
export function oneResource(
  { issuer, databases }: Pick<Config, 'issuer' | 'databases'>,
  candidates: readonly string[],
  scope: unknown,
): string {
  const [only, ...others] = new Set(candidates);
  if (only !== undefined && others.length === 0) return only;
  const narrowed = typeof scope === 'string' ? readScopes(scope, databases) : undefined;
  const [database, ...more] = narrowed?.outcome === 'understood' ? narrowed.databases : [];
  const implied = database && resourceOf(issuer, database.database.name);
  if (implied !== undefined && more.length === 0 && candidates.includes(implied)) return implied;
  throw new errors.InvalidTarget(
    `An access token is for one database: name one with the parameter resource (${candidates.join(' or ')}).`,
  );
}

/** Grants that begin with this request: its scopes are all there is, and no consent has settled them before. */
export function hasNoConsent(ctx: KoaContextWithOIDC): boolean {
  return ['client_credentials', tokenExchangeGrant, jwtBearerGrant].includes(
    String(ctx.oidc.params?.grant_type),
  );
}
