import * as oauth from 'oauth4webapi';
import { answered, type Gateway, processed } from './gateway.ts';

const type = 'urn:ietf:params:oauth:token-type:';

/**
 * Exchanges an access token of this client for its signed form (RFC 8693): a JWT that stands for it and ends with it, for
 * the identity token plugin of MySQL 9.
 * @throws GrantwayError
 */
export async function signedForm(gateway: Gateway, accessToken: string): Promise<string> {
  const response = await answered(
    oauth.genericTokenEndpointRequest(
      gateway.metadata,
      gateway.client,
      oauth.None(),
      'urn:ietf:params:oauth:grant-type:token-exchange',
      {
        subject_token: accessToken,
        subject_token_type: `${type}access_token`,
        requested_token_type: `${type}jwt`,
      },
      gateway.request,
    ),
  );
  const result = await processed(
    oauth.processGenericTokenEndpointResponse(gateway.metadata, gateway.client, response, {
      // What RFC 8693, section 2.2.1, calls a token that is no access token to present as a bearer.
      recognizedTokenTypes: { n_a: () => {} },
    }),
  );
  return result.access_token;
}
