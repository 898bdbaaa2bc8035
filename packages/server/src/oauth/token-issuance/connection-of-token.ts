import type { KoaContextWithOIDC } from 'oidc-provider';
import { clientAddress } from '../../config/index.ts';
import { tokenAccess } from '../token-access.ts';
import type { IssuanceParts } from './issuance-parts.ts';
import { proofBehind, roleOfToken } from './role-of-token.ts';

/** What a program needs to connect with the token that a request just got; empty for one that is for no database. */
export async function connectionOfToken(
  parts: IssuanceParts,
  ctx: KoaContextWithOIDC,
): Promise<Readonly<Record<string, string | number>>> {
  const { config, doorPort } = parts;
  const token = ctx.oidc.entities.AccessToken ?? ctx.oidc.entities.ClientCredentials;
  const access = token && tokenAccess(config(), token);
  if (token === undefined || access === undefined) return {};
  const { engine, name } = access.database;
  const role = await roleOfToken(parts, token, access, proofBehind(ctx));
  const { host, port } = clientAddress(config(), engine, doorPort?.(engine));
  return {
    database: name,
    role,
    engine,
    host,
    ...(port !== undefined && { port }),
    username: role,
  };
}
