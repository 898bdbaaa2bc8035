/**
 * What the extensions of OAuth that Grantway offers demand of an authorization server. The key is the document, the
 * section and a name; the value is the sentence.
 */
export const extensions = {
  'rfc7636-4.2-s256': 'S256 is Mandatory To Implement (MTI) on the server.',
  'rfc7636-4.4.1-challenge-required':
    'If the server requires Proof Key for Code Exchange (PKCE) by OAuth public clients and the client does not send the "code_challenge" in the request, the authorization endpoint MUST return the authorization error response with the "error" value set to "invalid_request".',
  'rfc7636-4.4.1-transformation':
    'If the server supporting PKCE does not support the requested transformation, the authorization endpoint MUST return the authorization error response with "error" value set to "invalid_request".',
  'rfc7636-4.6-equal':
    'If the values are equal, the token endpoint MUST continue processing as normal (as defined by OAuth 2.0 [RFC6749]).',
  'rfc7636-4.6-not-equal':
    'If the values are not equal, an error response indicating "invalid_grant" as described in Section 5.2 of [RFC6749] MUST be returned.',

  'rfc8414-2-required-members':
    'issuer REQUIRED. […] authorization_endpoint […] REQUIRED unless no grant types are supported that use the authorization endpoint. token_endpoint […] REQUIRED unless only the implicit grant type is supported. […] response_types_supported REQUIRED.',
  'rfc8414-3-published':
    "Authorization servers supporting metadata MUST make a JSON document containing metadata as specified in Section 2 available at a path formed by inserting a well-known URI string into the authorization server's issuer identifier between the host component and the path component, if any.",
  'rfc8414-3.1-get': 'An authorization server metadata document MUST be queried using an HTTP "GET" request.',
  'rfc8414-3.2-json':
    'A successful response MUST use the 200 OK HTTP status code and return a JSON object using the "application/json" content type that contains a set of claims as its members that are a subset of the metadata values defined in Section 2.',
  'rfc8414-3.2-no-empty-claims': 'Claims with zero elements MUST be omitted from the response.',
  'rfc8414-3.3-issuer':
    'The "issuer" value returned MUST be identical to the authorization server\'s issuer identifier value into which the well-known URI string was inserted to create the URL used to retrieve the metadata.',

  'rfc8707-2-absolute-uri': 'Its value MUST be an absolute URI, as specified by Section 4.3 of [RFC3986].',
  'rfc8707-2-no-fragment': 'The URI MUST NOT include a fragment component.',
  'rfc8707-2.2-scope-told':
    'As specified in Section 5.1 of [RFC6749], the authorization server must indicate the access token\'s effective scope to the client in the "scope" response parameter value when it differs from the scope requested by the client.',

  'rfc9207-2-iss':
    'In authorization responses to the client, including error responses, an authorization server supporting this specification MUST indicate its identity by including the iss parameter in the response.',
  'rfc9207-2-iss-url':
    'Its value MUST be a URL that uses the "https" scheme without any query or fragment components.',
  'rfc9207-2.3-issuer-in-metadata':
    "The issuer identifier included in the server's metadata value issuer MUST be identical to the iss parameter's value.",
  'rfc9207-2.3-support-told':
    'The server MUST indicate its support for the iss parameter by setting the metadata parameter authorization_response_iss_parameter_supported, defined in Section 3, to true.',

  'rfc7009-2-refresh-tokens':
    'Implementations MUST support the revocation of refresh tokens and SHOULD support the revocation of access tokens.',
  'rfc7009-2.1-hint':
    'If the server is unable to locate the token using the given hint, it MUST extend its search across all of its supported token types.',
  'rfc7009-2.1-own-tokens':
    'The authorization server first validates the client credentials (in case of a confidential client) and then verifies whether the token was issued to the client making the revocation request. If this validation fails, the request is refused and the client is informed of the error by the authorization server.',
  'rfc7009-2.1-immediate':
    'The invalidation takes place immediately, and the token cannot be used again after the revocation.',
  'rfc7009-2.2-unknown-token':
    'The authorization server responds with HTTP status code 200 if the token has been revoked successfully or if the client submitted an invalid token.',

  'rfc7662-2.1-post':
    'The protected resource calls the introspection endpoint using an HTTP POST request with parameters sent as "application/x-www-form-urlencoded" data.',
  'rfc7662-2.1-authorized':
    'To prevent token scanning attacks, the endpoint MUST also require some form of authorization to access this endpoint.',
  'rfc7662-2.2-active':
    'The server responds with a JSON object in "application/json" format with the following top-level members. active REQUIRED. Boolean indicator of whether or not the presented token is currently active.',
  'rfc7662-2.2-inactive':
    'If the introspection call is properly authorized but the token is not active, does not exist on this server, or the protected resource is not allowed to introspect this particular token, then the authorization server MUST return an introspection response with the "active" field set to "false".',
  'rfc7662-4-expired':
    'If the token can expire, the authorization server MUST determine whether or not the token has expired.',
  'rfc7662-4-revoked':
    'If the token can be revoked after it was issued, the authorization server MUST determine whether or not such a revocation has taken place.',
  'rfc7662-4-resource-servers':
    'If the token can be used only at certain resource servers, the authorization server MUST determine whether or not the token can be used at the resource server making the introspection call.',

  'rfc8628-3.1-unknown-parameters': 'The authorization server MUST ignore unrecognized request parameters.',
  'rfc8628-3.1-empty-parameters':
    'Parameters sent without a value MUST be treated as if they were omitted from the request.',
  'rfc8628-3.1-repeated-parameters': 'Request and response parameters MUST NOT be included more than once.',
  'rfc8628-3.2-response':
    'device_code REQUIRED. […] user_code REQUIRED. […] verification_uri REQUIRED. […] expires_in REQUIRED.',
  'rfc8628-3.4-own-code':
    'client_id REQUIRED if the client is not authenticating with the authorization server […]. The client identifier as described in Section 2.2 of [RFC6749].',
  'rfc8628-3.5-pending':
    "authorization_pending: The authorization request is still pending as the end user hasn't yet completed the user-interaction steps.",
  'rfc8628-3.5-slow-down':
    'slow_down: A variant of "authorization_pending", the authorization request is still pending and polling should continue, but the interval MUST be increased by 5 seconds for this and all subsequent requests.',
  'rfc8628-3.5-denied': 'access_denied: The authorization request was denied.',

  'rfc6750-2.1-header': 'Resource servers MUST support this method.',
  'rfc6750-3-challenge':
    'If the protected resource request does not include authentication credentials or does not contain an access token that enables access to the protected resource, the resource server MUST include the HTTP "WWW-Authenticate" response header field.',
  'rfc6750-3-scheme': 'All challenges defined by this specification MUST use the auth-scheme value "Bearer".',
  'rfc6750-3-attributes-once':
    'The "error", "error_description", and "error_uri" attributes MUST NOT appear more than once.',
} as const;
