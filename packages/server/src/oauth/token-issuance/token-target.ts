import type { KoaContextWithOIDC } from 'oidc-provider';
import { errors } from 'oidc-provider';
import type { Config } from '../../config/index.ts';
import { oneResource } from '../resource-indicators.ts';
import { textsIn } from '../texts-in.ts';

/**
 * The resource that a token request is for, chosen as the library will choose it; undefined when it is for none.
 * `covered` is what the consent covers, as the library keeps it.
 * @throws errors.InvalidTarget
 */
export function tokenTarget(config: Config, ctx: KoaContextWithOIDC, covered: unknown): string | undefined {
  const coveredOnes = textsIn(covered);
  const candidates = textsIn(ctx.oidc.params?.resource ?? covered);
  if (candidates.length === 0) return undefined;
  const resource = oneResource(config, candidates, ctx.oidc.params?.scope);
  if (!coveredOnes.includes(resource))
    throw new errors.InvalidTarget(`The consent does not cover the resource ${resource}.`);
  return resource;
}
