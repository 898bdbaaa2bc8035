import {
  type Connection,
  discover,
  type Gateway,
  GrantwayError,
  refresh,
  type Tokens,
} from '@grantway/client';
import {
  accessKey,
  type Credentials,
  credentialsFile,
  type SavedAccess,
  type SavedLogin,
} from './credentials/index.ts';
import { Failure } from './failure.ts';
import { chooseIssuer } from './issuer.ts';
import { keepLogin } from './keep-login.ts';
import { authorize, type SignInMethod } from './sign-in/index.ts';
import type { Terminal } from './terminal.ts';
import { isStillTaken } from './token-check.ts';

/** The OAuth client that every gateway knows as this program. */
export const clientId = 'grantway-cli';

/** A token that is handed out lives at least this long, in milliseconds, so that whoever gets it can still connect. */
const leastLifeMs = 60_000;

/** What a command needs a token for. */
export interface TokenRequest {
  readonly issuer?: string;
  readonly database: string;
  readonly role?: string;
  /** How to ask when the person must agree; absent: as they signed in. */
  readonly method?: SignInMethod;
  /**
   * Gives a kept token without asking the gateway whether it is still taken: the door says so itself, to a program that
   * waits for an answer and has nobody at the browser.
   */
  readonly unasked?: true;
}

/** A token that is good now, with where to use it. */
export interface DatabaseToken {
  readonly gateway: Gateway;
  readonly accessToken: string;
  /** Wall-clock milliseconds. */
  readonly expiresAt: number;
  readonly connection: Connection;
}

/**
 * The token of a role on a database: the kept one while it is fresh, else renewed, else asked for in the browser. Only one
 * process at a time renews, and what it gets is on disk before anybody uses it: a refresh token works once.
 */
export async function databaseToken(terminal: Terminal, request: TokenRequest): Promise<DatabaseToken> {
  const file = credentialsFile(terminal);
  const saved = await file.read();
  const issuer = chooseIssuer(terminal, request.issuer, saved);
  const gateway = await discover(issuer, clientId);
  const key = accessKey(request.database, request.role);
  const given = (access: SavedAccess): DatabaseToken => ({
    gateway,
    accessToken: access.accessToken,
    expiresAt: access.expiresAt,
    connection: access.connection,
  });

  const kept = accessIn(saved, gateway, key);
  if (
    kept !== undefined &&
    isFresh(kept) &&
    (request.unasked || (await isStillTaken(gateway, kept.accessToken)))
  )
    return given(kept);
  if (kept?.refreshToken !== undefined) {
    const renewed = await file.update((credentials) =>
      renew(credentials, gateway, key, { database: request.database, spent: kept.accessToken }),
    );
    const access = accessIn(renewed, gateway, key);
    if (access !== undefined) return given(access);
  }

  const login = saved.logins.get(gateway.issuer);
  const method = request.method ?? login?.method ?? 'browser';
  const tokens = await authorize(terminal, gateway, accessOf(request), method).catch((thrown: unknown) => {
    throw withUsedNames(thrown, login);
  });
  const access = toAccess(tokens, undefined);
  await keepLogin(terminal, gateway, { tokens, method }, (before) => ({
    ...before,
    accesses: new Map(before.accesses).set(key, access),
  }));
  return given(access);
}

/**
 * Says beside a refusal of the name what this computer knows of names: the databases that somebody used here before. More
 * is known at the gateway alone, which tells it to nobody who has not signed in.
 */
function withUsedNames(thrown: unknown, login: SavedLogin | undefined): unknown {
  const refused = thrown instanceof GrantwayError && thrown.reason === 'invalid_scope';
  const used = new Set([...(login?.accesses.values() ?? [])].map(({ connection }) => connection.database));
  if (!refused || used.size === 0) return thrown;
  return new Failure(`${thrown.message} Used here before: ${[...used].join(', ')}.`, { cause: thrown });
}

/** Under the lock: another process may have renewed the `spent` token meanwhile, or the person's consent may have ended. */
async function renew(
  credentials: Credentials,
  gateway: Gateway,
  key: string,
  { database, spent }: { readonly database: string; readonly spent: string },
): Promise<Credentials> {
  const login = credentials.logins.get(gateway.issuer);
  const access = login?.accesses.get(key);
  if (login === undefined || access === undefined) return credentials;
  if (access.accessToken !== spent && isFresh(access)) return credentials;
  const accesses = new Map(login.accesses);
  const outcome =
    access.refreshToken === undefined
      ? { outcome: 'invalid_grant' as const }
      : await refresh(gateway, access.refreshToken, database);
  if (outcome.outcome === 'refreshed') accesses.set(key, toAccess(outcome.tokens, access));
  else accesses.delete(key);
  return { ...credentials, logins: new Map(credentials.logins).set(gateway.issuer, { ...login, accesses }) };
}

function accessIn(credentials: Credentials, gateway: Gateway, key: string): SavedAccess | undefined {
  return credentials.logins.get(gateway.issuer)?.accesses.get(key);
}

function isFresh({ expiresAt }: SavedAccess): boolean {
  return expiresAt - Date.now() > leastLifeMs;
}

function accessOf({ database, role }: TokenRequest): { readonly database: string; readonly role?: string } {
  return role === undefined ? { database } : { database, role };
}

function toAccess(tokens: Tokens, before: SavedAccess | undefined): SavedAccess {
  const connection = tokens.connection ?? before?.connection;
  if (connection === undefined) throw new Failure('The gateway did not say where to connect.');
  return {
    accessToken: tokens.accessToken,
    expiresAt: tokens.expiresAt,
    refreshToken: tokens.refreshToken ?? before?.refreshToken,
    connection,
  };
}
