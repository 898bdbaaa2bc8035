import type { AccessRequest } from '../access.ts';
import {
  type AuthorizationRecord,
  type CallbackOutcome,
  finishAuthorization,
  prepareAuthorization,
} from '../authorization-code.ts';
import { GrantwayError } from '../errors.ts';
import { discover, type Gateway } from '../gateway.ts';
import { withRetries } from '../retries.ts';
import { revoke } from '../revoke.ts';
import { type KeyRing, type KeyRingOptions, openKeyRing } from '../sealing/index.ts';
import type { TokenStorage } from '../store/index.ts';
import { consentRecords } from './consent-records.ts';
import { type Holder, toKept } from './kept-consent.ts';
import { followToken, freshOrThrow, type LiveToken, type LiveTokenListener } from './live-token.ts';
import { createTokenKeeper, type TokenOutcome } from './token-keeper.ts';

/** How an application is registered at its gateway, and where it keeps what people consented to. */
export interface GrantwayClientOptions {
  /** The gateway's address, as its operator writes it: `https://access.example.com`. */
  readonly issuer: string;
  readonly clientId: string;
  /** Only for an application that runs on a server. A browser or a native program has none: PKCE protects it. */
  readonly clientSecret?: string;
  readonly storage: TokenStorage;
  /** Seals what goes into the storage, and cookies. */
  readonly keys: KeyRingOptions;
  /** A person's consent has ended and nothing but that person can renew it. Called once, in one process. */
  onNeedsReconnect?(holder: Holder): void;
}

/** {@link CallbackOutcome}, with the tokens kept already. */
export type SignInOutcome =
  | { readonly outcome: 'connected'; readonly holder: Holder; readonly name: string }
  | Exclude<CallbackOutcome, { readonly outcome: 'signed-in' }>;

/** An application at one gateway: sends people there, keeps what they allow, gives fresh tokens. */
export interface GrantwayClient {
  /** The gateway, discovered at the first call; a failure is not kept. @throws GrantwayError as {@link discover} */
  gateway(): Promise<Gateway>;
  keyRing(): Promise<KeyRing>;
  /** Where to send a browser for a role on a database, and what to keep for its return. */
  begin(
    redirectUri: string,
    access: AccessRequest & { readonly database: string },
  ): Promise<{ readonly url: string; readonly record: AuthorizationRecord }>;
  /** Finishes a callback and keeps the tokens. @throws GrantwayError as {@link finishAuthorization} */
  finish(record: AuthorizationRecord, callback: URL): Promise<SignInOutcome>;
  /** A token that can be used now; `rejected` is one that a server has just refused. */
  token(holder: Holder, rejected?: string): Promise<TokenOutcome>;
  /** The same as a function without arguments, as drivers take it. It rejects with `needs_reconnect`. */
  password(holder: Holder): () => Promise<string>;
  /** A token that renews itself and tells. @throws GrantwayError `needs_reconnect` */
  follow(holder: Holder, listener: LiveTokenListener): Promise<LiveToken>;
  /**
   * Forgets the tokens and ends the consent at the gateway, live sessions too. `unreachable`: forgotten here, but the
   * gateway could not be told, and the tokens run until they expire.
   */
  disconnect(holder: Holder): Promise<'ended' | 'unreachable' | 'not-connected'>;
}

/** How long a gateway that cannot be reached is tried, in milliseconds: a browser waits for it. */
const discoverForMs = 5_000;

/** Makes the client of an application. Nothing is asked of anybody until it is used. */
export function createGrantwayClient(options: GrantwayClientOptions): GrantwayClient {
  const { issuer, clientId, clientSecret } = options;
  const gateway = memoized(
    async () => await withRetries(discoverForMs, async () => await discover(issuer, clientId, clientSecret)),
  );
  const keyRing = memoized(async () => await openKeyRing(options.keys));
  const records = consentRecords({ issuer, clientId }, options.storage, keyRing);
  const keeper = createTokenKeeper({
    records,
    gateway,
    onNeedsReconnect: (holder) => options.onNeedsReconnect?.(holder),
  });

  return {
    gateway,
    keyRing,
    token: keeper.token,
    begin: async (redirectUri, access) => await prepareAuthorization(await gateway(), redirectUri, access),
    finish: async (record, callback) => {
      const finished = await finishAuthorization(await gateway(), record, callback);
      if (finished.outcome !== 'signed-in') return finished;
      const { person, connection, refreshToken } = finished.tokens;
      if (person === undefined || connection === undefined) {
        throw new GrantwayError('invalid_response', 'The server did not say who signed in, and to what.');
      }
      const holder = { subject: person.subject, database: connection.database };
      const before = {
        name: person.name,
        connection,
        ...(refreshToken === undefined ? {} : { refreshToken }),
      };
      await records.write(holder, toKept(finished.tokens, before, Date.now()));
      return { outcome: 'connected', holder, name: person.name };
    },
    password: (holder) => async () => freshOrThrow(await keeper.token(holder)).accessToken,
    follow: async (holder, listener) => await followToken(keeper.token, holder, listener),
    disconnect: async (holder) => {
      const kept = await records.read(holder);
      if (kept === undefined) return 'not-connected';
      // First here: whoever is renewing just now loses the lock, and nothing of theirs comes back.
      await records.delete(holder);
      try {
        await revoke(await gateway(), kept.refreshToken ?? kept.accessToken);
        return 'ended';
      } catch (thrown) {
        if (!(thrown instanceof GrantwayError)) throw thrown;
        return 'unreachable';
      }
    },
  };
}

/** Runs `make` once and keeps what it gave; a failure is tried again at the next call. */
function memoized<T>(make: () => Promise<T>): () => Promise<T> {
  let kept: Promise<T> | undefined;
  return () => {
    kept ??= make().catch((thrown: unknown) => {
      kept = undefined;
      throw thrown;
    });
    return kept;
  };
}
