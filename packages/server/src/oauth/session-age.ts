import type Provider from 'oidc-provider';
import type { Session } from 'oidc-provider';
import type { Config } from '../config/index.ts';
import type { Clock } from '../core/index.ts';

/**
 * Makes a browser session as old as its sign-in. The library counts from its first save, which may be as nobody's, and
 * before an earlier sign-in of the same person.
 */
export function ageFromSignIn(provider: Provider, clock: Clock): void {
  const login = provider.Session.prototype.loginAccount;
  provider.Session.prototype.loginAccount = function (this: Session, details) {
    login.call(this, details);
    this.iat = Math.floor(clock.now() / 1000);
  };
}

/**
 * Whether somebody's browser session is older than the config lets one be. Its own end was set at the sign-in, by the
 * config of then: a reload with a shorter time bounds those that are signed in, too.
 */
export function isTooOld(
  { accountId, iat }: { readonly accountId?: unknown; readonly iat?: unknown },
  { tokens }: Pick<Config, 'tokens'>,
  now: number,
): boolean {
  return accountId !== undefined && Number(iat) * 1000 + tokens.browserSessionMs <= now;
}
