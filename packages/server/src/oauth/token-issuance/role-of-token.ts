import type { AccessToken, ClientCredentials, KoaContextWithOIDC } from 'oidc-provider';
import { errors } from 'oidc-provider';
import { type Principal, Refusal, type SignInProof } from '../../core/index.ts';
import { activePrincipal, workloadPrincipal } from '../accounts.ts';
import { scopeFor } from '../scopes.ts';
import { proofInCode } from '../sign-in-proof.ts';
import { actingRole, type TokenAccess } from '../token-access.ts';
import type { IssuanceParts } from './issuance-parts.ts';

/** The role that a token gives now. Throws like {@link assertActing}. */
export async function roleOfToken(
  { store, clock }: IssuanceParts,
  token: AccessToken | ClientCredentials,
  access: TokenAccess,
  proof: SignInProof | undefined,
): Promise<string> {
  const principal = await principalBehind(store, token);
  return assertActing(principal, token.clientId, access, proof, clock.now());
}

async function principalBehind(
  store: IssuanceParts['store'],
  token: AccessToken | ClientCredentials,
): Promise<Principal | undefined> {
  if (token.kind !== 'ClientCredentials') return activePrincipal(store, token.accountId);
  const client = await store.clients.get(token.clientId ?? '');
  return client && workloadPrincipal(client);
}

/**
 * The role that somebody gets at `now`.
 * @throws errors.InvalidScope when no rule gives one, errors.CustomOIDCProviderError when it demands a stronger sign-in
 */
export function assertActing(
  principal: Principal | undefined,
  clientId: string | undefined,
  access: TokenAccess,
  proof: SignInProof | undefined,
  now: number,
): string {
  const acting = principal && actingRole(principal, clientId ?? '', access, proof, now);
  if (acting === undefined || acting.outcome === 'no_role') throw noRole(access);
  if (acting.outcome === 'acts') return acting.role.name;
  const { message } = new Refusal('stronger_sign_in_required', {
    role: acting.role.name,
    what: acting.missing.inWords,
  });
  // What every client answers with a new sign-in, and there the person is asked for the rest.
  throw new errors.CustomOIDCProviderError('invalid_grant', message);
}

/** What the sign-in proved that a token request goes back to; undefined where nobody signed in. */
export function proofBehind({ oidc }: KoaContextWithOIDC): SignInProof | undefined {
  const { AuthorizationCode, DeviceCode, RotatedRefreshToken, RefreshToken } = oidc.entities;
  const source = AuthorizationCode ?? DeviceCode ?? RotatedRefreshToken ?? RefreshToken;
  return source && proofInCode(source);
}

function noRole(access: TokenAccess): errors.InvalidScope {
  const { name } = access.database;
  return new errors.InvalidScope(
    `No rule of the database ${name} gives such a role here. Ask the administrator.`,
    access.roles.length === 0 ? scopeFor(name) : access.roles.map((role) => scopeFor(name, role)).join(' '),
  );
}
