import type { RefusalRow } from './refusal-row.ts';

/** What the pages and the HTTP API say to one request. */
export const requestRefusals = {
  request_invalid: {
    sentence: '{what}',
    native: { http: 400, oauth: 'invalid_request', sqlstate: '22023', mysql: 1210, redis: 'ERR' },
  },
  request_expired: {
    sentence:
      'This request has expired, or it was started in another browser. Start again at {application} ({address}).',
    native: { http: 400, oauth: 'invalid_request', sqlstate: '22023', mysql: 1210, redis: 'ERR' },
  },
  request_too_large: {
    sentence: 'The request is larger than this address takes.',
    native: { http: 413, oauth: 'invalid_request', sqlstate: '54000', mysql: 1153, redis: 'ERR' },
  },
  wrong_host: {
    sentence: 'This gateway answers under its own address only. Open {issuer} instead.',
    native: { http: 421, oauth: 'invalid_request', sqlstate: '08P01', mysql: 1043, redis: 'ERR' },
  },
  not_found: {
    sentence: 'There is nothing at this address.',
    native: { http: 404, oauth: 'invalid_request', sqlstate: '42704', mysql: 1305, redis: 'ERR' },
  },
  method_not_allowed: {
    sentence: 'This address takes {allowed}, not {method}.',
    native: { http: 405, oauth: 'invalid_request', sqlstate: '0A000', mysql: 1235, redis: 'ERR' },
  },
  media_type_unknown: {
    sentence:
      'This address takes no body of that type. Send JSON to the API, with the header Content-Type: application/json.',
    native: { http: 415, oauth: 'invalid_request', sqlstate: '0A000', mysql: 1235, redis: 'ERR' },
  },
  forbidden: {
    sentence: 'You may not do this: {what}',
    native: { http: 403, oauth: 'access_denied', sqlstate: '42501', mysql: 1044, redis: 'NOPERM' },
  },
  cross_site: {
    sentence: 'This form was opened too long ago or from another site. Load the page again.',
    native: { http: 403, oauth: 'access_denied', sqlstate: '42501', mysql: 1044, redis: 'ERR' },
  },
  throttled: {
    sentence: 'Too many attempts. Wait {seconds} seconds and try again.',
    native: { http: 429, oauth: 'slow_down', sqlstate: '53400', mysql: 1226, redis: 'ERR' },
  },
  rate_limited: {
    sentence: 'Too many requests. Wait {seconds} seconds and try again.',
    native: { http: 429, oauth: 'slow_down', sqlstate: '53400', mysql: 1226, redis: 'ERR' },
  },
  statement_failed: {
    sentence: 'The database refused the statement: {message} (SQLSTATE {sqlstate})',
    native: { http: 422, oauth: 'invalid_request', sqlstate: '42000', mysql: 1105, redis: 'ERR' },
  },
  command_failed: {
    sentence: 'The command was refused: {message}',
    native: { http: 422, oauth: 'invalid_request', sqlstate: '42000', mysql: 1105, redis: 'ERR' },
  },
} as const satisfies Record<string, RefusalRow>;
