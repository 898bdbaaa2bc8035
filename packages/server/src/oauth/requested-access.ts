import { type Client, errors, type KoaContextWithOIDC, type ResourceServer } from 'oidc-provider';
import type { Config } from '../config/config.ts';
import type { Database } from '../core/index.ts';
import { jwtBearerGrant, ownMetadata, tokenExchangeGrant } from './client-metadata.ts';
import { databaseOf, resourceOf } from './resources.ts';
import { type AskedAccess, askForSomething, readScopes, scopesOf } from './scopes.ts';

type Understood = Extract<AskedAccess, { outcome: 'understood' }>;

/** The library's questions about scopes and resources (RFC 8707). */
export interface RequestedAccess {
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
 * Scopes decide: `db:sales` implies the resource `<issuer>/db/sales`. Everything that is asked for is checked in
 * {@link settle} before anybody is asked to sign in.
 */
export function createRequestedAccess(config: () => Config): RequestedAccess {
  return {
    async defaultResource(ctx, client, oneOf) {
      const { issuer, databases } = config();
      if (oneOf !== undefined) return oneResource(config(), oneOf, ctx.oidc.params?.scope);
      const asked = settle(ctx, client, databases);
      return asked.databases.map(({ database }) => resourceOf(issuer, database.name));
    },

    async getResourceServerInfo(ctx, resource, client) {
      const { issuer, databases, tokens } = config();
      const database = databaseOf(issuer, resource, databases);
      if (database === undefined)
        throw new errors.InvalidTarget(`There is no database behind the resource ${resource}.`);
      if (ctx.oidc.route !== 'token' || hasNoConsent(ctx)) {
        const asked = settle(ctx, client, databases);
        matchResources(ctx, issuer, asked);
      }
      return {
        scope: scopesOf(database).join(' '),
        audience: resource,
        accessTokenTTL: Math.max(1, Math.floor(tokens.accessMs / 1000)),
        accessTokenFormat: 'opaque',
      };
    },
  };
}

/**
 * Fills in the client's default scopes and refuses what does not exist or is not for this client.
 * @throws errors.InvalidScope
 */
function settle(
  ctx: KoaContextWithOIDC,
  client: Client,
  databases: ReadonlyMap<string, Database>,
): Understood {
  const params = ctx.oidc.params ?? {};
  const registered = client[ownMetadata.scope];
  const own = typeof registered === 'string' ? registered : undefined;
  params.scope ??= own;
  if (typeof params.scope !== 'string') throw new errors.InvalidScope(askForSomething, '');
  const asked = readScopes(params.scope, databases);
  if (asked.outcome === 'refused') throw new errors.InvalidScope(asked.sentence, asked.scope);
  const allowed = own?.split(' ');
  const beyond = asked.databases
    .flatMap(({ scopes }) => scopes)
    .find((scope) => allowed !== undefined && !allowed.includes(scope));
  if (beyond !== undefined)
    throw new errors.InvalidScope(`This client is not registered for the scope ${beyond}.`, beyond);
  if (hasNoConsent(ctx) && asked.databases.length === 0)
    throw new errors.InvalidScope(askForSomething, params.scope);
  return asked;
}

/** Resources that are named must be those of the scopes: neither may widen or narrow the other in silence. */
function matchResources(ctx: KoaContextWithOIDC, issuer: string, asked: Understood): void {
  const implied = asked.databases.map(({ database }) => resourceOf(issuer, database.name));
  const named = namedResources(ctx);
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

function namedResources(ctx: KoaContextWithOIDC): readonly string[] {
  const { resource } = ctx.oidc.params ?? {};
  return (Array.isArray(resource) ? resource : [resource]).filter((one) => typeof one === 'string');
}
