import type { AccessToken, ClientCredentials, KoaContextWithOIDC } from 'oidc-provider';
import { admitToken, type KeptWithToken } from './admit-token.ts';
import { assertRefreshable } from './assert-refreshable.ts';
import { connectionOfToken } from './connection-of-token.ts';
import type { IssuanceParts } from './issuance-parts.ts';
import { tokenTarget } from './token-target.ts';

/** The checks and the record that every access token passes before it exists. */
export interface TokenIssuance {
  /**
   * The last step before an access token is stored: refuses one that nobody could use, and records the others.
   * The library calls it for tokens of people and of workloads. Gives what is kept with the token: what its sign-in
   * proved (RFC 9470, section 6.2).
   * @throws errors.InvalidScope, Refusal `audit_unavailable`
   */
  admit(ctx: KoaContextWithOIDC, token: AccessToken | ClientCredentials): Promise<KeptWithToken | undefined>;
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
  return {
    admit: (ctx, token) => admitToken(parts, ctx, token),
    assertRefreshable: (ctx) => assertRefreshable(parts, ctx),
    checkTarget: (ctx, resources) => void tokenTarget(parts.config(), ctx, resources),
    connection: (ctx) => connectionOfToken(parts, ctx),
  };
}
