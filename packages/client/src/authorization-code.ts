import * as oauth from 'oauth4webapi';
import { type AccessRequest, accessParameters, databaseResource } from './access.ts';
import { GrantwayError } from './errors.ts';
import { answered, type Gateway, processed } from './gateway.ts';
import { readTokens, type Tokens } from './tokens.ts';

/**
 * An authorization request that waits for its callback, as plain data: a web server keeps it between two requests, sealed
 * and for one browser alone. It is for one use; whoever keeps it removes it before it is finished.
 */
export interface AuthorizationRecord {
  readonly issuer: string;
  readonly clientId: string;
  readonly redirectUri: string;
  readonly state: string;
  readonly nonce: string;
  /** The PKCE verifier: a secret. */
  readonly verifier: string;
  readonly access: AccessRequest;
}

/** What a callback came to. */
export type CallbackOutcome =
  | { readonly outcome: 'signed-in'; readonly tokens: Tokens }
  /** The person said no. */
  | { readonly outcome: 'denied' }
  /** The code is too old, or was used before. Starting again helps. */
  | { readonly outcome: 'expired' }
  /** The server's own code and sentence: `invalid_scope`, `invalid_target`, `server_error` … */
  | { readonly outcome: 'refused'; readonly reason: string; readonly message: string }
  /** The callback answers another request (`state`) or comes from another server (`iss`, RFC 9207). Nothing was redeemed. */
  | { readonly outcome: 'mismatch'; readonly message: string };

/**
 * Prepares an authorization request with PKCE S256, state and nonce (RFC 6749 section 4.1, RFC 7636). `redirectUri` is
 * where the browser comes back to, exactly as it is registered; for a native program a loopback address.
 */
export async function prepareAuthorization(
  gateway: Gateway,
  redirectUri: string,
  access: AccessRequest,
): Promise<{ readonly url: string; readonly record: AuthorizationRecord }> {
  const endpoint = gateway.metadata.authorization_endpoint;
  if (endpoint === undefined) {
    throw new GrantwayError('not_a_gateway', 'The server offers no sign-in in a browser.');
  }
  const record: AuthorizationRecord = {
    issuer: gateway.issuer,
    clientId: gateway.client.client_id,
    redirectUri,
    state: oauth.generateRandomState(),
    nonce: oauth.generateRandomNonce(),
    verifier: oauth.generateRandomCodeVerifier(),
    access,
  };
  const parameters = {
    ...accessParameters(gateway, access),
    client_id: record.clientId,
    response_type: 'code',
    redirect_uri: redirectUri,
    state: record.state,
    nonce: record.nonce,
    code_challenge: await oauth.calculatePKCECodeChallenge(record.verifier),
    code_challenge_method: 'S256',
  };
  const url = new URL(endpoint);
  for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
  return { url: url.href, record };
}

/**
 * Checks a callback (state, issuer, errors) and redeems its code with the PKCE verifier.
 * @throws GrantwayError `network` and `unavailable` (the code may be spent: start again), `invalid_response`
 */
export async function finishAuthorization(
  gateway: Gateway,
  record: AuthorizationRecord,
  callback: URL,
): Promise<CallbackOutcome> {
  if (record.issuer !== gateway.issuer || record.clientId !== gateway.client.client_id) {
    return { outcome: 'mismatch', message: 'This answer belongs to a sign-in at another server.' };
  }
  const checked = checkCallback(gateway, record, callback);
  return checked.outcome === 'code' ? await redeem(gateway, record, checked.parameters) : checked;
}

/** An authorization request whose secrets stay in this object: for programs that wait for the browser themselves. */
export interface PendingAuthorization {
  /** Where to send the browser. */
  readonly url: string;
  /**
   * {@link finishAuthorization}, with everything but tokens as an error. A second call is refused: a callback that
   * comes twice is somebody else's.
   * @throws GrantwayError `refused` with the server's reason, `callback_mismatch`, `network`, `unavailable`
   */
  finish(callback: URL): Promise<Tokens>;
}

/** Starts an authorization request for a program that stays until the browser is back. */
export async function startAuthorization(
  gateway: Gateway,
  redirectUri: string,
  access: AccessRequest,
): Promise<PendingAuthorization> {
  const { url, record } = await prepareAuthorization(gateway, redirectUri, access);
  let used = false;
  return {
    url,
    async finish(callback) {
      if (used) throw new GrantwayError('callback_mismatch', 'This sign-in was finished already.');
      // A stranger's callback must not use up the real one.
      used = callback.searchParams.get('state') === record.state;
      const finished = await finishAuthorization(gateway, record, callback);
      switch (finished.outcome) {
        case 'signed-in':
          return finished.tokens;
        case 'denied':
          throw new GrantwayError('refused', 'The request was denied.', { reason: 'access_denied' });
        case 'expired':
          throw new GrantwayError('refused', 'The sign-in took too long. Start again.', {
            reason: 'invalid_grant',
          });
        case 'refused':
          throw new GrantwayError('refused', finished.message, { reason: finished.reason });
        case 'mismatch':
          throw new GrantwayError('callback_mismatch', finished.message);
      }
    },
  };
}

type Checked =
  | { readonly outcome: 'code'; readonly parameters: URLSearchParams }
  | Exclude<CallbackOutcome, { readonly outcome: 'signed-in' }>;

function checkCallback(gateway: Gateway, { state }: AuthorizationRecord, callback: URL): Checked {
  // The library treats a foreign state as a processing error; it is somebody else's callback.
  if (callback.searchParams.get('state') !== state) {
    return { outcome: 'mismatch', message: 'This answer belongs to another sign-in.' };
  }
  try {
    const parameters = oauth.validateAuthResponse(gateway.metadata, gateway.client, callback, state);
    return { outcome: 'code', parameters };
  } catch (thrown) {
    if (!(thrown instanceof oauth.AuthorizationResponseError)) {
      return { outcome: 'mismatch', message: 'This answer does not come from the server asked.' };
    }
    if (thrown.error === 'access_denied') return { outcome: 'denied' };
    return {
      outcome: 'refused',
      reason: thrown.error,
      message: thrown.error_description ?? `The server refused: ${thrown.error}.`,
    };
  }
}

async function redeem(
  gateway: Gateway,
  record: AuthorizationRecord,
  parameters: URLSearchParams,
): Promise<CallbackOutcome> {
  const { database } = record.access;
  const response = await answered(
    oauth.authorizationCodeGrantRequest(
      gateway.metadata,
      gateway.client,
      gateway.clientAuth,
      parameters,
      record.redirectUri,
      record.verifier,
      {
        ...gateway.request,
        ...(database === undefined
          ? {}
          : { additionalParameters: { resource: databaseResource(gateway, database) } }),
      },
    ),
  );
  try {
    const result = await processed(
      oauth.processAuthorizationCodeResponse(gateway.metadata, gateway.client, response, {
        expectedNonce: record.nonce,
      }),
    );
    return { outcome: 'signed-in', tokens: readTokens(result, Date.now()) };
  } catch (thrown) {
    if (!(thrown instanceof GrantwayError) || thrown.code !== 'refused') throw thrown;
    if (thrown.reason === 'invalid_grant') return { outcome: 'expired' };
    return { outcome: 'refused', reason: thrown.reason ?? 'refused', message: thrown.message };
  }
}
