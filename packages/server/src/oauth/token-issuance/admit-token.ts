import type { AccessToken, ClientCredentials, KoaContextWithOIDC } from 'oidc-provider';
import { errors } from 'oidc-provider';
import { hashSecret } from '../../core/index.ts';
import { workloadId } from '../accounts.ts';
import { claimsOf } from '../sign-in-proof.ts';
import { tokenAccess } from '../token-access.ts';
import type { IssuanceParts } from './issuance-parts.ts';
import { proofBehind, roleOfToken } from './role-of-token.ts';

/** What is kept with a token: what its sign-in proved (RFC 9470, section 6.2). */
export type KeptWithToken = Readonly<Record<string, string | number | string[]>>;

/** Refuses an access token that nobody could use, and records the others. @throws errors.InvalidScope, Refusal `audit_unavailable` */
export async function admitToken(
  parts: IssuanceParts,
  ctx: KoaContextWithOIDC,
  token: AccessToken | ClientCredentials,
): Promise<KeptWithToken | undefined> {
  const { config, store, audit, clock } = parts;
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
  const access = tokenAccess(config(), token);
  if (access === undefined)
    throw new errors.InvalidScope(
      'None of these scopes is for the database of this resource.',
      scopes.join(' '),
    );
  const proof = proofBehind(ctx);
  const role = await roleOfToken(parts, token, access, proof);
  audit.record({ ...about, ...record, database: access.database.name, role });
  if (about.client !== undefined)
    await store.activity.used(
      { clientId: about.client, personId: about.person, database: access.database.name, role },
      clock.now(),
    );
  return proof && claimsOf(proof);
}
