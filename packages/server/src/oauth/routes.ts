/**
 * Where the library answers. `/device` is what a person types off a terminal; the endpoint that the program itself
 * calls (RFC 8628, section 3.1) is `/oauth/device`.
 */
export const routes = {
  authorization: '/oauth/authorize',
  token: '/oauth/token',
  revocation: '/oauth/revoke',
  introspection: '/oauth/introspect',
  device_authorization: '/oauth/device',
  code_verification: '/device',
  userinfo: '/oauth/userinfo',
  jwks: '/oauth/jwks',
  registration: '/oauth/register',
  pushed_authorization_request: '/oauth/par',
  end_session: '/oauth/end-session',
} as const;
