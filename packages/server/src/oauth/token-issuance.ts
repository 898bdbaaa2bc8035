import type { AccessToken, ClientCredentials, KoaContextWithOIDC } from 'oidc-provider';
import { errors } from 'oidc-provider';
import type { Audit } from '../audit/index.ts';
import { type Config, clientAddress } from '../config/index.ts';
import {
  type Clock,
  type EngineName,
  hashSecret,
  type Principal,
  Refusal,
  type SignInProof,
} from '../core/index.ts';
import type { Store } from '../store/index.ts';
import { activePrincipal, workloadId, workloadPrincipal } from './accounts.ts';
import { oneResource } from './requested-access.ts';
import { databaseOf } from './resources.ts';
import { scopeFor } from './scopes.ts';
import { claimsOf, proofInCode } from './sign-in-proof.ts';
import { actingRole, type TokenAccess, tokenAccess } from './token-access.ts';

/** What token issuance needs. */
export interface IssuanceParts {
  readonly config: () => Config;
  readonly store: Pick<Store, 'people' | 'clients' | 'activity'>;
  readonly doorPort?: (engine: EngineName) => number | undefined;
  readonly audit: Audit;
  readonly clock: Clock;
}

/** The checks and the record that every access token passes before it exists. */
export interface TokenIssuance {
  /**
   * The last step before an access token is stored: refuses one that nobody could use, and records the others.
   * The library calls it for tokens of people and of workloads. Gives what is kept with the token: what its sign-in
   * proved (RFC 9470, section 6.2).
   * @throws errors.InvalidScope, Refusal `audit_unavailable`
   */
  admit(
    ctx: KoaContextWithOIDC,
    token: AccessToken | ClientCredentials,
  ): Promise<Readonly<Record<string, string | number | string[]>> | undefined>;
  /**
   * Called before a refresh token is used up: what would refuse the new access token must do so now, or the client
   * would lose its refresh token over a mistake.
   * @throws errors.InvalidTarget, errors.InvalidScope, errors.TemporarilyUnavailable
   */
  assertRefreshable(ctx: KoaContextWithOIDC): Promise<void>;
  /**
   * Called before a code is used up: refuses a request that does not say for which of several resources.
   * @throws errors.InvalidTarget
   */
  checkTarget(ctx: KoaContextWithOIDC, resources: unknown): void;
  /** What a program needs to connect with the token that a request just got; empty for one that is for no database. */
  connection(ctx: KoaContextWithOIDC): Promise<Readonly<Record<string, string | number>>>;
}

/** See {@link TokenIssuance}. */
export function createTokenIssuance(parts: IssuanceParts): TokenIssuance {
  const { store, audit, clock } = parts;

  async function principalBehind(token: AccessToken | ClientCredentials): Promise<Principal | undefined> {
    if (token.kind !== 'ClientCredentials') return activePrincipal(store, token.accountId);
    const client = await store.clients.get(token.clientId ?? '');
    return client && workloadPrincipal(client);
  }

  async function roleFor(
    token: AccessToken | ClientCredentials,
    access: TokenAccess,
    proof: SignInProof | undefined,
  ): Promise<string> {
    const principal = await principalBehind(token);
    return assertActing(principal, token.clientId, access, proof);
  }

  /** @throws errors.InvalidScope, errors.CustomOIDCProviderError */
  function assertActing(
    principal: Principal | undefined,
    clientId: string | undefined,
    access: TokenAccess,
    proof: SignInProof | undefined,
  ): string {
    const acting = principal && actingRole(principal, clientId ?? '', access, proof, clock.now());
    if (acting === undefined || acting.outcome === 'no_role') throw noRole(access);
    if (acting.outcome === 'acts') return acting.role.name;
    const { message } = new Refusal('stronger_sign_in_required', {
      role: acting.role.name,
      what: acting.missing.inWords,
    });
    // What every client answers with a new sign-in, and there the person is asked for the rest.
    throw new errors.CustomOIDCProviderError('invalid_grant', message);
  }

  return {
    async admit(ctx, token) {
      const scopes = [...token.scopes];
      const about = {
        person: token.kind === 'ClientCredentials' ? workloadId(token.clientId ?? '') : token.accountId,
        ...(token.clientId !== undefined && { client: token.clientId }),
        ...(token.kind !== 'ClientCredentials' && { consent: token.grantId }),
        remoteAddress: ctx.ip,
      };
      const record = {
        type: 'token_issued',
        grantType: String(ctx.oidc.params?.grant_type),
        scopes,
        tokenHash: hashSecret(token.jti),
        expiresAt: clock.now() + token.expiration * 1000,
      } as const;
      if (token.aud === undefined) {
        audit.record({ ...about, ...record });
        return undefined;
      }
      const access = tokenAccess(parts.config(), token);
      if (access === undefined)
        throw new errors.InvalidScope(
          'None of these scopes is for the database of this resource.',
          scopes.join(' '),
        );
      const proof = proofBehind(ctx);
      const role = await roleFor(token, access, proof);
      audit.record({ ...about, ...record, database: access.database.name, role });
      if (about.client !== undefined)
        await store.activity.used(
          { clientId: about.client, personId: about.person, database: access.database.name, role },
          clock.now(),
        );
      return proof && claimsOf(proof);
    },

    async assertRefreshable(ctx) {
      const { RefreshToken: token, Grant: grant } = ctx.oidc.entities;
      if (token === undefined || grant === undefined) return;
      if (audit.failed)
        throw new errors.TemporarilyUnavailable('Access is stopped because the audit log cannot be written.');
      const { issuer, databases } = parts.config();
      const resource = targetOf(ctx, token.resource);
      if (resource === undefined) return;
      if (databaseOf(issuer, resource, databases) === undefined)
        throw new errors.InvalidTarget(`There is no database behind the resource ${resource}.`);
      const wanted = ctx.oidc.params?.scope === undefined ? token.scopes : ctx.oidc.requestParamScopes;
      const access = tokenAccess(parts.config(), {
        aud: resource,
        scope: grant.getResourceScopeFiltered(resource, wanted),
      });
      if (access === undefined)
        throw new errors.InvalidScope('None of these scopes is for the database of this resource.', '');
      const principal = await activePrincipal(store, token.accountId);
      assertActing(principal, token.clientId, access, proofInCode(token));
    },

    checkTarget(ctx, resources) {
      targetOf(ctx, resources);
    },

    async connection(ctx) {
      const token = ctx.oidc.entities.AccessToken ?? ctx.oidc.entities.ClientCredentials;
      const access = token && tokenAccess(parts.config(), token);
      if (token === undefined || access === undefined) return {};
      const { engine, name } = access.database;
      const role = await roleFor(token, access, proofBehind(ctx));
      const { config, doorPort } = parts;
      const { host, port } = clientAddress(config(), engine, doorPort?.(engine));
      return {
        database: name,
        role,
        engine,
        host,
        ...(port !== undefined && { port }),
        username: role,
      };
    },
  };

  /** The resource that a token request is for, chosen as the library will choose it; undefined when it is for none. */
  function targetOf(ctx: KoaContextWithOIDC, covered: unknown): string | undefined {
    const coveredOnes = textsIn(covered);
    const candidates = textsIn(ctx.oidc.params?.resource ?? covered);
    if (candidates.length === 0) return undefined;
    const resource = oneResource(parts.config(), candidates, ctx.oidc.params?.scope);
    if (!coveredOnes.includes(resource))
      throw new errors.InvalidTarget(`The consent does not cover the resource ${resource}.`);
    return resource;
  }
}

/** What the sign-in proved that a token request goes back to; undefined where nobody signed in. */
function proofBehind({ oidc }: KoaContextWithOIDC): SignInProof | undefined {
  const { AuthorizationCode, DeviceCode, RotatedRefreshToken, RefreshToken } = oidc.entities;
  const source = AuthorizationCode ?? DeviceCode ?? RotatedRefreshToken ?? RefreshToken;
  return source && proofInCode(source);
}

function textsIn(value: unknown): readonly string[] {
  return (Array.isArray(value) ? value : [value]).filter((one) => typeof one === 'string');
}

function noRole(access: TokenAccess): errors.InvalidScope {
  const { name } = access.database;
  return new errors.InvalidScope(
    `No rule of the database ${name} gives such a role here. Ask the administrator.`,
    access.roles.length === 0 ? scopeFor(name) : access.roles.map((role) => scopeFor(name, role)).join(' '),
  );
}
