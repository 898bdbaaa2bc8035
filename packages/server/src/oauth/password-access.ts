import type { Config } from '../config/index.ts';
import { newUuid, principalId, type Secret } from '../core/index.ts';
import type { PasswordMethod, SignInOutcome } from '../identity/index.ts';
import type { Store } from '../store/index.ts';
import { askedDatabase } from './asked-database.ts';
import type { AskedAtDoor, TokenVerdict } from './authorization-server.ts';
import { directoryPasswordClient } from './client-registry.ts';

/** A directory whose passwords the config takes at the doors. */
export interface DirectPasswords {
  /** Throttles itself, and together with its sign-in page. */
  readonly method: PasswordMethod;
  /** What every sign-in ends with: who was switched off stays out, the record is durable, the store learns of them. */
  readonly conclude: (
    prove: () => Promise<SignInOutcome>,
    from: NonNullable<AskedAtDoor['person']>,
  ) => Promise<SignInOutcome>;
}

/** What a password is worth at a door. */
export type PasswordAccess = (
  password: Secret,
  asked: AskedAtDoor,
  from: NonNullable<AskedAtDoor['person']>,
) => Promise<TokenVerdict>;

/**
 * Signs somebody in at a door, with the password that they have in a directory: for the one session that asks, and with
 * nothing of the password kept. The user name is the person's; `db:<database>/<person>` names a database, too, for
 * protocols that have no other room for it. The database is looked for when the password was right, so that nobody else
 * learns which there are.
 */
export function passwordAccess(
  { method, conclude }: DirectPasswords,
  config: () => Config,
  store: Pick<Store, 'clients'>,
): PasswordAccess {
  return async (password, asked, from) => {
    const [, scope, person] = /^(db:[^/]*)\/(.*)$/s.exec(asked.user) ?? [undefined, undefined, asked.user];
    const client = await store.clients.get(directoryPasswordClient);
    if (client === undefined || client.disabled) return { outcome: 'invalid', reason: 'client_disabled' };

    const { remoteAddress } = from;
    const attempt = { username: person ?? '', password, remoteAddress };
    const outcome = await conclude(() => method.verify(attempt), from);
    if (outcome.outcome === 'throttled') return { ...outcome, outcome: 'invalid', reason: 'throttled' };
    if (outcome.outcome === 'failed') {
      const { detail = outcome.reason } = outcome;
      if (outcome.reason === 'disabled') return { outcome: 'invalid', reason: 'person_disabled' };
      const isDown = outcome.reason === 'unavailable';
      return { outcome: 'invalid', reason: isDown ? 'provider_unavailable' : 'wrong_password', detail };
    }
    // Only passwords that Grantway keeps are ever first secrets, and those are not taken here.
    if (outcome.outcome === 'first_secret') return { outcome: 'invalid', reason: 'wrong_password' };
    const { principal } = outcome;
    const place = askedDatabase({ ...asked, user: scope ?? asked.user }, config().databases);
    if (place === undefined) return { outcome: 'invalid', reason: 'no_database_named' };
    return {
      outcome: 'valid',
      token: {
        tokenHash: newUuid(),
        principal,
        clientId: directoryPasswordClient,
        consentId: principalId(principal),
        database: place.database.name,
        roles: place.roles,
        scopes: [],
        expiresAt: Number.POSITIVE_INFINITY,
      },
    };
  };
}
