import type { RefusalRow } from './refusal-row.ts';

/** What ends a session, or a statement of it, that was under way. */
export const sessionRefusals = {
  access_revoked: {
    sentence: 'Your access was revoked: {reason}. Sign in again if you still need it.',
    native: { http: 401, oauth: 'invalid_token', sqlstate: '57P01', mysql: 1317, redis: 'ERR' },
  },
  session_expired: {
    sentence: 'This session reached its longest allowed time. Connect again with a fresh token.',
    native: { http: 401, oauth: 'invalid_token', sqlstate: '57P05', mysql: 4031, redis: 'ERR' },
  },
  gateway_stopping: {
    sentence: 'Grantway is restarting. Connect again.',
    native: { http: 503, oauth: 'temporarily_unavailable', sqlstate: '57P01', mysql: 1053, redis: 'ERR' },
  },
  store_unavailable: {
    sentence: 'Grantway cannot check your access at the moment. Try again shortly.',
    native: { http: 503, oauth: 'temporarily_unavailable', sqlstate: '57P01', mysql: 1053, redis: 'ERR' },
  },
  audit_unavailable: {
    sentence: 'Access is stopped because the audit log cannot be written. Tell your administrator.',
    native: { http: 503, oauth: 'temporarily_unavailable', sqlstate: '58030', mysql: 1026, redis: 'ERR' },
  },
  statement_canceled: {
    sentence: 'The statement was cancelled.',
    native: { http: 499, oauth: 'access_denied', sqlstate: '57014', mysql: 1317, redis: 'ERR' },
  },
  statement_not_ended: {
    sentence: 'The database could not be asked to end that, so the statement may still run. Try again.',
    native: { http: 503, oauth: 'temporarily_unavailable', sqlstate: '08006', mysql: 1105, redis: 'ERR' },
  },
} as const satisfies Record<string, RefusalRow>;
