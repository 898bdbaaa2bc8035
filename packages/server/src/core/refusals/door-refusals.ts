import type { RefusalRow } from './refusal-row.ts';

/** What is said at a door before anybody is let in: the first messages of a connection, and how many there may be. */
export const doorRefusals = {
  database_missing: {
    sentence: 'Say which database: name it in the connection, or give db:<database> as the user name.',
    native: { http: 400, oauth: 'invalid_target', sqlstate: '3D000', mysql: 1046, redis: 'ERR' },
  },
  provider_unavailable: {
    sentence: 'Your identity provider does not answer, so nobody can tell who you are. Try again shortly.',
    native: { http: 503, oauth: 'temporarily_unavailable', sqlstate: '57P03', mysql: 1053, redis: 'ERR' },
  },
  database_unknown: {
    sentence:
      'There is no database "{database}" here. The home page of the gateway lists what you can reach.',
    native: { http: 404, oauth: 'invalid_target', sqlstate: '3D000', mysql: 1049, redis: 'ERR' },
  },
  protocol_violation: {
    sentence: 'The message does not follow the protocol: {what}.',
    native: {
      http: 400,
      oauth: 'invalid_request',
      sqlstate: '08P01',
      mysql: 1835,
      redis: 'ERR Protocol error',
    },
  },
  wrong_protocol: {
    sentence: 'This port speaks another protocol.',
    native: { http: 400, oauth: 'invalid_request', sqlstate: '08P01', mysql: 1043, redis: 'ERR' },
  },
  login_timeout: {
    sentence: 'Signing in took too long. Connect again.',
    native: { http: 408, oauth: 'invalid_request', sqlstate: '57014', mysql: 1159, redis: 'ERR' },
  },
  login_too_large: {
    sentence: 'The sign-in message is larger than this server takes.',
    native: { http: 413, oauth: 'invalid_request', sqlstate: '08P01', mysql: 1153, redis: 'ERR' },
  },
  too_many_connections: {
    sentence: 'Too many connections at the moment. Try again shortly.',
    native: {
      http: 503,
      oauth: 'temporarily_unavailable',
      sqlstate: '53300',
      mysql: 1040,
      redis: 'ERR max number of clients reached',
    },
  },
  feature_not_offered: {
    sentence: '{what} is not offered through Grantway.',
    native: { http: 400, oauth: 'invalid_request', sqlstate: '0A000', mysql: 1235, redis: 'ERR' },
  },
} as const satisfies Record<string, RefusalRow>;
