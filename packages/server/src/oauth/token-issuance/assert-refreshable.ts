import type { KoaContextWithOIDC } from 'oidc-provider';
import { errors } from 'oidc-provider';
import { activePrincipal } from '../accounts.ts';
import { databaseOf } from '../resources.ts';
import { proofInCode } from '../sign-in-proof.ts';
import { tokenAccess } from '../token-access.ts';
import type { IssuanceParts } from './issuance-parts.ts';
import { assertActing } from './role-of-token.ts';
import { tokenTarget } from './token-target.ts';

/**
 * Refuses, before a refresh token is used up, what would refuse the new access token: or the client would lose its refresh
 * token over a mistake.
 * @throws errors.InvalidTarget, errors.InvalidScope, errors.TemporarilyUnavailable
 */
export async function assertRefreshable(
  { config, store, audit, clock }: IssuanceParts,
  ctx: KoaContextWithOIDC,
): Promise<void> {
  const { RefreshToken: token, Grant: grant } = ctx.oidc.entities;
  if (token === undefined || grant === undefined) return;
  if (audit.failed)
    throw new errors.TemporarilyUnavailable('Access is stopped because the audit log cannot be written.');
  const { issuer, databases } = config();
  const resource = tokenTarget(config(), ctx, token.resource);
  if (resource === undefined) return;
  if (databaseOf(issuer, resource, databases) === undefined)
    throw new errors.InvalidTarget(`There is no database behind the resource ${resource}.`);
  const wanted = ctx.oidc.params?.scope === undefined ? token.scopes : ctx.oidc.requestParamScopes;
  const access = tokenAccess(config(), {
    aud: resource,
    scope: grant.getResourceScopeFiltered(resource, wanted),
  });
  if (access === undefined)
    throw new errors.InvalidScope('None of these scopes is for the database of this resource.', '');
  const principal = await activePrincipal(store, token.accountId);
  assertActing(principal, token.clientId, access, proofInCode(token), clock.now());
}
