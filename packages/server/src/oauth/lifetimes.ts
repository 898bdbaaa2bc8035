import type { Configuration } from 'oidc-provider';
import type { Config } from '../config/index.ts';
import type { Clock } from '../core/index.ts';
import { hasNoConsent } from './resource-indicators.ts';

/** RFC 6749 recommends ten minutes at most; nothing but a redirect lies between a code and its use. */
const codeSeconds = 60;
/** How long a person may take to confirm a device. */
export const deviceCodeSeconds = 10 * 60;
/** How long a sign-in or consent page may stay open. */
const interactionSeconds = 30 * 60;
/** A browser session of nobody, which only protects the forms. */
const anonymousSessionSeconds = 60 * 60;

/** How long each artifact lives, in seconds, as the library counts. */
export function lifetimes(config: () => Config, clock: Clock): NonNullable<Configuration['ttl']> {
  const secondsOf = (ms: number) => Math.max(1, Math.floor(ms / 1000));
  const access = () => secondsOf(config().tokens.accessMs);
  const refresh = () => secondsOf(config().tokens.refreshMs);
  return {
    AccessToken: access,
    ClientCredentials: access,
    AuthorizationCode: codeSeconds,
    DeviceCode: deviceCodeSeconds,
    IdToken: access,
    Interaction: interactionSeconds,
    // A consent that a program's own proof made ends with the one token that it is for.
    Grant: (ctx) => (ctx !== undefined && hasNoConsent(ctx) ? access() : refresh()),
    // Rotation never moves the end (ASVS 10.4.8).
    RefreshToken: (ctx) => {
      const rotated = ctx?.oidc.entities.RotatedRefreshToken;
      return rotated === undefined ? refresh() : Math.max(1, rotated.remainingTTL);
    },
    // Use never moves the end: a sign-in sets it, and whatever saves the session later keeps it. It is not counted from
    // `loginTs`, the time that a provider says: that may be days ago, or unknown.
    Session: (ctx, session) => {
      const span = secondsOf(config().tokens.browserSessionMs);
      if (session.accountId === undefined) return Math.min(anonymousSessionSeconds, span);
      const begins = session.exp === undefined || ctx?.oidc.result?.login !== undefined;
      return begins ? span : Math.max(1, session.exp - Math.floor(clock.now() / 1000));
    },
  };
}
