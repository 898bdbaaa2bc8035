import type { RefusalRow } from './refusal-row.ts';

/** When the database behind the gateway cannot be had, or is lost. */
export const upstreamRefusals = {
  upstream_unreachable: {
    sentence:
      'The database does not answer. Try again; if it lasts, tell your administrator (request {request}).',
    native: { http: 502, oauth: 'temporarily_unavailable', sqlstate: '08006', mysql: 2003, redis: 'ERR' },
  },
  upstream_untrusted: {
    sentence:
      'The database could not prove its identity, so nothing was sent to it. Tell your administrator (request {request}).',
    native: { http: 502, oauth: 'server_error', sqlstate: '08006', mysql: 2026, redis: 'ERR' },
  },
  upstream_refused_login: {
    sentence: 'The database refused the login of this role. Tell your administrator (request {request}).',
    native: { http: 502, oauth: 'server_error', sqlstate: '28000', mysql: 1045, redis: 'ERR' },
  },
  upstream_lost: {
    sentence: 'The database closed the connection.',
    native: { http: 502, oauth: 'server_error', sqlstate: '08006', mysql: 2013, redis: 'ERR' },
  },
  upstream_login_ended: {
    sentence: 'The gateway could not renew its login at the database in time. Connect again.',
    native: { http: 503, oauth: 'temporarily_unavailable', sqlstate: '57P01', mysql: 1053, redis: 'ERR' },
  },
  primary_changed: {
    sentence:
      'Another server is the primary of this database now. Connect again; what had no answer yet may have been done or not.',
    native: { http: 503, oauth: 'temporarily_unavailable', sqlstate: '08006', mysql: 2013, redis: 'ERR' },
  },
  pool_exhausted: {
    sentence: 'All connections to this database are busy. Try again shortly.',
    native: { http: 503, oauth: 'temporarily_unavailable', sqlstate: '53300', mysql: 1040, redis: 'ERR' },
  },
} as const satisfies Record<string, RefusalRow>;
