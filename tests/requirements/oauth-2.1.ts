/**
 * What draft-ietf-oauth-v2-1-16 demands of an authorization server, and of the resource server that Grantway is at
 * once. The key is the document, the section and a name; the value is the sentence. Sentences about clients are left
 * out, except where the server has to refuse the client that breaks them.
 */
export const oauth21 = {
  'oauth21-1.4.1-scope-told':
    'If the issued access token scope is different from the one requested by the client, the authorization server MUST include the scope response parameter in the token response to inform the client of the actual scope granted.',
  'oauth21-1.4.1-scope-omitted':
    'If the client omits the scope parameter when requesting authorization, the authorization server MUST either process the request using a pre-defined default value or fail the request indicating an invalid scope.',
  'oauth21-1.4.2-unguessable-reference':
    'If a bearer token is a reference to authorization information, such references MUST be infeasible for an attacker to guess, such as using a sufficiently long cryptographically random string.',
  'oauth21-1.5-https':
    'All the OAuth protocol URLs (URLs exposed by the AS, RS and Client) MUST use the https scheme except for loopback interface redirect URIs, which MAY use the http scheme.',
  'oauth21-2.2-id-is-no-secret':
    'The client identifier is not a secret; it is exposed to the resource owner and MUST NOT be used alone for client authentication.',
  'oauth21-2.3-query-retained':
    'The redirect URI MAY include a query string component, which MUST be retained when adding additional query parameters.',
  'oauth21-2.3-no-fragment': 'The redirect URI MUST NOT include a fragment component.',
  'oauth21-2.3.1-complete-uri':
    'Authorization servers MUST require clients to register their complete redirect URI (including the path component).',
  'oauth21-2.3.1-exact-match':
    "Authorization servers MUST reject authorization requests that specify a redirect URI that doesn't exactly match one that was registered, with an exception for loopback redirects, where an exact match is required except for the port URI component.",
  'oauth21-2.3.5-no-redirect':
    'If an authorization request fails validation due to a missing, invalid, or mismatching redirect URI, the authorization server […] MUST NOT automatically redirect the user agent to the invalid redirect URI.',
  'oauth21-2.4-one-method':
    'The client MUST NOT use more than one authentication method in each request to prevent a conflict of which authentication mechanism is authoritative for the request.',
  'oauth21-2.4.1-secret-in-body':
    'To support confidential clients in possession of a client secret, the authorization server MUST support the client including the client credentials in the request body content.',
  'oauth21-2.4.1-secret-not-in-uri':
    'The parameters can only be transmitted in the request content and MUST NOT be included in the request URI.',
  'oauth21-2.4.1-brute-force':
    'Since the client secret authentication method involves a password, the authorization server MUST protect any endpoint utilizing it against brute force attacks.',
  'oauth21-3.1-sign-in-first': 'The authorization server MUST first authenticate the resource owner.',
  'oauth21-3.1-get':
    'The authorization server MUST support the use of the HTTP GET method for the authorization endpoint.',
  'oauth21-3.1-unknown-parameters':
    'The authorization server MUST ignore unrecognized request parameters sent to the authorization endpoint.',
  'oauth21-3.1-repeated-parameters':
    'Request and response parameters defined by this specification MUST NOT be included more than once.',
  'oauth21-3.1-empty-parameters':
    'Parameters sent without a value MUST be treated as if they were omitted from the request.',
  'oauth21-3.1-no-cors': 'Cross-Origin Resource Sharing MUST NOT be supported at the Authorization Endpoint.',
  'oauth21-3.2-post': 'The client MUST use the HTTP POST method when making requests to the token endpoint.',
  'oauth21-3.2-unknown-parameters':
    'The authorization server MUST ignore unrecognized request parameters sent to the token endpoint.',
  'oauth21-3.2-empty-parameters':
    'Parameters sent without a value MUST be treated as if they were omitted from the request.',
  'oauth21-3.2-repeated-parameters':
    'Request and response parameters defined by this specification MUST NOT be included more than once.',
  'oauth21-3.2.2-confidential-authenticates':
    'The authorization server MUST require client authentication for confidential clients (or clients with other authentication requirements).',
  'oauth21-3.2.2-authentication-checked':
    'The authorization server MUST authenticate the client if client authentication is included.',
  'oauth21-3.2.3-no-store':
    'The authorization server MUST include the HTTP Cache-Control response header field with a value of no-store in any response containing tokens, credentials, or other sensitive information.',
  'oauth21-3.2.3-refresh-bound':
    'If refresh tokens are issued, those refresh tokens MUST be bound to the scope and resource servers as consented by the resource owner.',
  'oauth21-3.2.4-challenge':
    'If the client attempted to authenticate via the Authorization request header field, the authorization server MUST respond with an HTTP 401 (Unauthorized) status code and include the WWW-Authenticate response header field matching the authentication scheme used by the client.',
  'oauth21-3.2.4-error-characters':
    'Values for the error parameter MUST NOT include characters outside the set %x20-21 / %x23-5B / %x5D-7E.',
  'oauth21-4.1.1-response-type':
    'If an authorization request is missing the response_type parameter, or if the response type is not understood, the authorization server MUST return an error response.',
  'oauth21-4.1.1-pkce-enforced':
    'Clients MUST use code_challenge and code_verifier and authorization servers MUST enforce their use.',
  'oauth21-4.1.1-redirect-equal':
    'When comparing the two URIs the authorization server MUST ensure that the two URIs are equal, see Section 6.2.1 of [RFC3986], Simple String Comparison, for details.',
  'oauth21-4.1.1-loopback-port':
    'The only exception is native apps using a localhost URI: In this case, the authorization server MUST allow variable port numbers.',
  'oauth21-4.1.2-code-short-lived':
    'The authorization code MUST expire shortly after it is issued to mitigate the risk of leaks. A maximum authorization code lifetime of 10 minutes is RECOMMENDED.',
  'oauth21-4.1.2-state':
    'REQUIRED if the state parameter was present in the client authorization request. The exact value received from the client.',
  'oauth21-4.1.2-challenge-kept':
    'The authorization server MUST associate the code_challenge and code_challenge_method values with the issued authorization code so the code challenge can be verified later.',
  'oauth21-4.1.2-challenge-not-shown':
    'The server MUST NOT include the code_challenge value in a response parameter in a form that entities other than the AS can extract.',
  'oauth21-4.1.2.1-unknown-client':
    'If the request fails due to a missing, invalid, or mismatching redirect URI, or if the client identifier is missing or invalid, the authorization server MUST NOT redirect the user agent to the invalid redirect URI.',
  'oauth21-4.1.2.1-challenge-required':
    'An authorization server MUST reject requests without a code_challenge from public clients, and MUST reject such requests from other clients unless there is reasonable assurance that the client mitigates authorization code injection in other ways.',
  'oauth21-4.1.2.1-challenge-method':
    'If the server does not support the requested code_challenge_method transformation, the authorization endpoint MUST return the authorization error response with error value set to invalid_request.',
  'oauth21-4.1.3-code-once':
    'The authorization server MUST return an access token only once for a given authorization code.',
  'oauth21-4.1.3-second-use':
    'If a second valid token request is made with the same authorization code as a previously successful token request, the authorization server MUST deny the request and SHOULD revoke (when possible) all access tokens and refresh tokens previously issued based on that authorization code.',
  'oauth21-4.1.3-code-of-client':
    'The authorization server MUST ensure that the authorization code was issued to the authenticated confidential client, or if the client is public, ensure that the code was issued to client_id in the request.',
  'oauth21-4.1.3-code-valid': 'The authorization server MUST verify that the authorization code is valid.',
  'oauth21-4.1.3-verifier-present':
    'The authorization server MUST verify that the code_verifier parameter is present if and only if a code_challenge parameter was present in the authorization request.',
  'oauth21-4.1.3-verifier-matches':
    'The authorization server MUST, if a code_verifier is present, verify the code_verifier by calculating the code challenge from the received code_verifier and comparing it with the previously associated code_challenge.',
  'oauth21-4.2-confidential-only':
    'The client credentials grant type MUST only be used by confidential clients.',
  'oauth21-4.2.1-authenticated': 'The authorization server MUST authenticate the client.',
  'oauth21-4.3-refresh-of-client':
    'The authorization server MUST verify the binding between the refresh token and client identity whenever the client identity can be authenticated.',
  'oauth21-4.3-refresh-unforgeable':
    'The authorization server MUST ensure that refresh tokens cannot be generated, modified, or guessed to produce valid refresh tokens by unauthorized parties.',
  'oauth21-4.3-refresh-confidential': 'Refresh tokens MUST be kept confidential in transit and storage.',
  'oauth21-4.3.1-scope-not-wider':
    'The requested scope MUST NOT include any scope not originally granted by the resource owner.',
  'oauth21-4.3.1-grant-active':
    'The authorization server MUST validate that the grant corresponding to this refresh token is still active.',
  'oauth21-4.3.1-replay-detected':
    'Authorization servers MUST utilize one of these methods to detect refresh token replay by malicious actors for public clients: sender-constrained refresh tokens, refresh token rotation.',
  'oauth21-4.3.3-same-scope':
    'If a new refresh token is issued, the refresh token scope MUST be identical to that of the refresh token included by the client in the request.',
  'oauth21-5.1-no-token-in-query': 'Resource servers MUST ignore access tokens in a URI query parameter.',
  'oauth21-5.1.1-header': 'Resource servers MUST support this method.',
  'oauth21-5.2-validated':
    'After receiving the access token, the resource server MUST check that the access token is not yet expired, is authorized to access the requested resource, was issued with the appropriate scope, and meets other policy requirements of the resource server to access the protected resource.',
  'oauth21-7.1.4-audience':
    'Every resource server is obliged to verify, for every request, whether the access token sent with that request was meant to be used for that particular resource server. If not, the resource server MUST refuse to serve the respective request.',
  'oauth21-7.5.4-no-307':
    'An authorization server which redirects a request that potentially contains user credentials MUST NOT use the 307 status code for redirection.',
  'oauth21-7.7-guessing':
    'The probability of an attacker guessing generated tokens (and other credentials not intended for handling by end users) MUST be less than or equal to 2^(-128).',
  'oauth21-7.7-password-guessing':
    'The authorization server MUST prevent attackers from guessing access tokens, authorization codes, refresh tokens, resource owner passwords, and client credentials.',
  'oauth21-7.10-challenge-methods-told':
    'AS therefore MUST provide a way to detect their supported code challenge methods either via AS metadata according to [RFC8414] or provide a deployment-specific way to ensure or determine support.',
  'oauth21-7.11-clickjacking': 'Authorization servers MUST prevent clickjacking attacks.',
  'oauth21-7.12-hostile-parameters':
    'The authorization server and client MUST treat parameters received as potentially malicious external input and apply appropriate protections, in particular, the values of the state and redirect_uri parameters.',
  'oauth21-7.13.2-no-open-redirector':
    'The authorization server MUST always authenticate the user first and, with the exception of the silent authentication use case, prompt the user for credentials when needed, before redirecting the user.',
  'oauth21-8.1-native-without-secret':
    'Authorization servers MUST NOT require client authentication of native app clients using a shared secret.',
} as const;
