import type { RefusalRow } from './refusal-row.ts';

/** Who somebody is and what they may do: the access token, the person behind it, and the rules of the database. */
export const accessRefusals = {
  token_missing: {
    sentence:
      'Sign in first: give a Grantway access token as the password (`grantway token <database>` prints one).',
    native: { http: 401, oauth: 'invalid_token', sqlstate: '28000', mysql: 1045, redis: 'NOAUTH' },
  },
  token_invalid: {
    sentence: 'This access token is not valid any more. Get a fresh one and connect again.',
    native: { http: 401, oauth: 'invalid_token', sqlstate: '28P01', mysql: 1045, redis: 'WRONGPASS' },
  },
  password_wrong: {
    sentence: 'The user name or the password is wrong.',
    native: { http: 401, oauth: 'invalid_token', sqlstate: '28P01', mysql: 1045, redis: 'WRONGPASS' },
  },
  token_wrong_database: {
    sentence: 'This access token is for another database. Get one for the database that you connect to.',
    native: { http: 403, oauth: 'invalid_target', sqlstate: '28000', mysql: 1045, redis: 'WRONGPASS' },
  },
  token_unsafe_transport: {
    sentence: 'This connection is not encrypted, so no token is taken over it. Connect with TLS ({how}).',
    native: { http: 403, oauth: 'invalid_request', sqlstate: '28000', mysql: 3159, redis: 'WRONGPASS' },
  },
  role_not_granted: {
    sentence:
      'Your access token does not cover the role "{role}". Get one that does: `grantway token {database} --role {role}`, or the scope db:{database}:{role}.',
    native: { http: 403, oauth: 'insufficient_scope', sqlstate: '28000', mysql: 1045, redis: 'WRONGPASS' },
  },
  no_matching_rule: {
    sentence: 'No rule of this database gives you access. Ask your administrator for a role on "{database}".',
    native: { http: 403, oauth: 'access_denied', sqlstate: '28000', mysql: 1045, redis: 'WRONGPASS' },
  },
  stronger_sign_in_required: {
    sentence:
      'The role "{role}" asks for {what}. Sign in again (`grantway login`) and connect with the new token.',
    native: {
      http: 401,
      oauth: 'insufficient_user_authentication',
      sqlstate: '28000',
      mysql: 1045,
      redis: 'WRONGPASS',
    },
  },
  principal_disabled: {
    sentence: 'Your account is disabled. Ask your administrator.',
    native: { http: 403, oauth: 'access_denied', sqlstate: '28000', mysql: 1045, redis: 'WRONGPASS' },
  },
  certificate_missing: {
    sentence: 'This access token is bound to a certificate: connect with the one that it was issued for.',
    native: { http: 401, oauth: 'invalid_token', sqlstate: '28000', mysql: 1045, redis: 'WRONGPASS' },
  },
  certificate_refused: {
    sentence:
      'Your certificate does not sign you in here. Ask your administrator, or give an access token as the password.',
    native: { http: 401, oauth: 'invalid_token', sqlstate: '28000', mysql: 1045, redis: 'WRONGPASS' },
  },
  identity_token_missing: {
    sentence:
      'This database takes the token of your identity provider, and there is none for you: sign in with "{method}" and connect with the new token.',
    native: { http: 401, oauth: 'invalid_token', sqlstate: '28000', mysql: 1045, redis: 'WRONGPASS' },
  },
} as const satisfies Record<string, RefusalRow>;
