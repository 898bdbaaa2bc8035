import * as oauth from 'oauth4webapi';
import { type AccessRequest, accessParameters, databaseResource } from './access.ts';
import { GrantwayError } from './errors.ts';
import { answered, type Gateway, processed } from './gateway.ts';
import { readTokens, type Tokens } from './tokens.ts';

/** An authorization request that waits for its callback. Used once; the secrets in it never leave this object. */
export interface PendingAuthorization {
  /** Where to send the browser. */
  readonly url: string;
  /**
   * Checks the callback (state, issuer of RFC 9207, errors) and redeems the code with the PKCE verifier.
   * A second call is refused: a callback that comes twice is somebody else's.
   * @throws GrantwayError `refused` with the server's reason, `callback_mismatch`, `network`, `unavailable`
   */
  finish(callback: URL): Promise<Tokens>;
}

/**
 * Starts an authorization request with PKCE S256, state and nonce (RFC 6749 section 4.1, RFC 7636).
 * `redirectUri` is where the browser comes back to; for a native program a loopback address.
 */
export async function startAuthorization(
  gateway: Gateway,
  redirectUri: string,
  access: AccessRequest,
): Promise<PendingAuthorization> {
  const endpoint = gateway.metadata.authorization_endpoint;
  if (endpoint === undefined) {
    throw new GrantwayError('not_a_gateway', 'The server offers no sign-in in a browser.');
  }
  const state = oauth.generateRandomState();
  const nonce = oauth.generateRandomNonce();
  const verifier = oauth.generateRandomCodeVerifier();
  const url = new URL(endpoint);
  const parameters = {
    ...accessParameters(gateway, access),
    client_id: gateway.client.client_id,
    response_type: 'code',
    redirect_uri: redirectUri,
    state,
    nonce,
    code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
  };
  for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);

  let used = false;
  return {
    url: url.href,
    async finish(callback) {
      if (used) throw new GrantwayError('callback_mismatch', 'This sign-in was finished already.');
      const parameters = validateCallback(gateway, callback, state);
      used = true;
      return redeem(gateway, parameters, { redirectUri, verifier, nonce, access });
    },
  };
}

function validateCallback(gateway: Gateway, callback: URL, state: string): URLSearchParams {
  // The library treats a foreign state as a processing error; it is somebody else's callback.
  if (callback.searchParams.get('state') !== state) {
    throw new GrantwayError('callback_mismatch', 'This answer belongs to another sign-in.');
  }
  try {
    return oauth.validateAuthResponse(gateway.metadata, gateway.client, callback, state);
  } catch (thrown) {
    if (thrown instanceof oauth.AuthorizationResponseError) {
      const message = thrown.error_description ?? 'The request was denied.';
      throw new GrantwayError('refused', message, { reason: thrown.error });
    }
    throw new GrantwayError('callback_mismatch', 'This answer does not come from the server asked.', {
      cause: thrown,
    });
  }
}

async function redeem(
  gateway: Gateway,
  parameters: URLSearchParams,
  request: { redirectUri: string; verifier: string; nonce: string; access: AccessRequest },
): Promise<Tokens> {
  const { database } = request.access;
  const response = await answered(
    oauth.authorizationCodeGrantRequest(
      gateway.metadata,
      gateway.client,
      oauth.None(),
      parameters,
      request.redirectUri,
      request.verifier,
      {
        ...gateway.request,
        ...(database === undefined
          ? {}
          : { additionalParameters: { resource: databaseResource(gateway, database) } }),
      },
    ),
  );
  const result = await processed(
    oauth.processAuthorizationCodeResponse(gateway.metadata, gateway.client, response, {
      expectedNonce: request.nonce,
    }),
  );
  return readTokens(result, Date.now());
}
