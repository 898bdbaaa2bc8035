import { hideSecrets } from './hide-secrets.ts';

/**
 * The one table of refusals. A row is a stable code, the sentence for the caller (it says what to do and never
 * carries a secret or an operator's detail), and the native error of each door.
 * `{name}` in a sentence is filled from the details of the refusal.
 */
export const refusals = {
  token_missing: row(
    'Sign in first: give a Grantway access token as the password (`grantway token <database>` prints one).',
    401,
    'invalid_token',
    '28000',
    1045,
    'NOAUTH',
  ),
  token_invalid: row(
    'This access token is not valid any more. Get a fresh one and connect again.',
    401,
    'invalid_token',
    '28P01',
    1045,
    'WRONGPASS',
  ),
  password_wrong: row(
    'The user name or the password is wrong.',
    401,
    'invalid_token',
    '28P01',
    1045,
    'WRONGPASS',
  ),
  token_wrong_database: row(
    'This access token is for another database. Get one for the database that you connect to.',
    403,
    'invalid_target',
    '28000',
    1045,
    'WRONGPASS',
  ),
  token_unsafe_transport: row(
    'This connection is not encrypted, so no token is taken over it. Connect with TLS ({how}).',
    403,
    'invalid_request',
    '28000',
    3159,
    'WRONGPASS',
  ),
  role_not_granted: row(
    'Your access token does not cover the role "{role}". Ask for the scope db:{database}:{role}.',
    403,
    'insufficient_scope',
    '28000',
    1045,
    'WRONGPASS',
  ),
  no_matching_rule: row(
    'No rule of this database gives you access. Ask your administrator for a role on "{database}".',
    403,
    'access_denied',
    '28000',
    1045,
    'WRONGPASS',
  ),
  stronger_sign_in_required: row(
    'The role "{role}" asks for {what}. Sign in again (`grantway login`) and connect with the new token.',
    401,
    'insufficient_user_authentication',
    '28000',
    1045,
    'WRONGPASS',
  ),
  principal_disabled: row(
    'Your account is disabled. Ask your administrator.',
    403,
    'access_denied',
    '28000',
    1045,
    'WRONGPASS',
  ),
  certificate_missing: row(
    'This access token is bound to a certificate: connect with the one that it was issued for.',
    401,
    'invalid_token',
    '28000',
    1045,
    'WRONGPASS',
  ),
  certificate_refused: row(
    'Your certificate does not sign you in here. Ask your administrator, or give an access token as the password.',
    401,
    'invalid_token',
    '28000',
    1045,
    'WRONGPASS',
  ),
  identity_token_missing: row(
    'This database takes the token of your identity provider, and there is none for you: sign in with "{method}" and connect with the new token.',
    401,
    'invalid_token',
    '28000',
    1045,
    'WRONGPASS',
  ),
  database_missing: row(
    'Say which database: name it in the connection, or give db:<database> as the user name.',
    400,
    'invalid_target',
    '3D000',
    1046,
    'ERR',
  ),
  provider_unavailable: row(
    'Your identity provider does not answer, so nobody can tell who you are. Try again shortly.',
    503,
    'temporarily_unavailable',
    '57P03',
    1053,
    'ERR',
  ),
  database_unknown: row(
    'There is no database "{database}" here. `grantway query --help` and the home page list what you can reach.',
    404,
    'invalid_target',
    '3D000',
    1049,
    'ERR',
  ),
  protocol_violation: row(
    'The message does not follow the protocol: {what}.',
    400,
    'invalid_request',
    '08P01',
    1835,
    'ERR Protocol error',
  ),
  wrong_protocol: row('This port speaks another protocol.', 400, 'invalid_request', '08P01', 1043, 'ERR'),
  login_timeout: row(
    'Signing in took too long. Connect again.',
    408,
    'invalid_request',
    '57014',
    1159,
    'ERR',
  ),
  login_too_large: row(
    'The sign-in message is larger than this server takes.',
    413,
    'invalid_request',
    '08P01',
    1153,
    'ERR',
  ),
  too_many_connections: row(
    'Too many connections at the moment. Try again shortly.',
    503,
    'temporarily_unavailable',
    '53300',
    1040,
    'ERR max number of clients reached',
  ),
  feature_not_offered: row(
    '{what} is not offered through Grantway.',
    400,
    'invalid_request',
    '0A000',
    1235,
    'ERR',
  ),
  upstream_unreachable: row(
    'The database does not answer. Try again; if it lasts, tell your administrator (request {request}).',
    502,
    'temporarily_unavailable',
    '08006',
    2003,
    'ERR',
  ),
  upstream_untrusted: row(
    'The database could not prove its identity, so nothing was sent to it. Tell your administrator (request {request}).',
    502,
    'server_error',
    '08006',
    2026,
    'ERR',
  ),
  upstream_refused_login: row(
    'The database refused the login of this role. Tell your administrator (request {request}).',
    502,
    'server_error',
    '28000',
    1045,
    'ERR',
  ),
  upstream_lost: row('The database closed the connection.', 502, 'server_error', '08006', 2013, 'ERR'),
  upstream_login_ended: row(
    'The gateway could not renew its login at the database in time. Connect again.',
    503,
    'temporarily_unavailable',
    '57P01',
    1053,
    'ERR',
  ),
  primary_changed: row(
    'Another server is the primary of this database now. Connect again; what had no answer yet may have been done or not.',
    503,
    'temporarily_unavailable',
    '08006',
    2013,
    'ERR',
  ),
  pool_exhausted: row(
    'All connections to this database are busy. Try again shortly.',
    503,
    'temporarily_unavailable',
    '53300',
    1040,
    'ERR',
  ),
  access_revoked: row(
    'Your access was revoked: {reason}. Sign in again if you still need it.',
    401,
    'invalid_token',
    '57P01',
    1317,
    'ERR',
  ),
  session_expired: row(
    'This session reached its longest allowed time. Connect again with a fresh token.',
    401,
    'invalid_token',
    '57P05',
    4031,
    'ERR',
  ),
  gateway_stopping: row(
    'Grantway is restarting. Connect again.',
    503,
    'temporarily_unavailable',
    '57P01',
    1053,
    'ERR',
  ),
  store_unavailable: row(
    'Grantway cannot check your access at the moment. Try again shortly.',
    503,
    'temporarily_unavailable',
    '57P01',
    1053,
    'ERR',
  ),
  audit_unavailable: row(
    'Access is stopped because the audit log cannot be written. Tell your administrator.',
    503,
    'temporarily_unavailable',
    '58030',
    1026,
    'ERR',
  ),
  statement_canceled: row('The statement was cancelled.', 499, 'access_denied', '57014', 1317, 'ERR'),
  request_invalid: row('{what}', 400, 'invalid_request', '22023', 1210, 'ERR'),
  request_too_large: row(
    'The request is larger than this address takes.',
    413,
    'invalid_request',
    '54000',
    1153,
    'ERR',
  ),
  wrong_host: row(
    'This gateway answers under its own address only. Open {issuer} instead.',
    421,
    'invalid_request',
    '08P01',
    1043,
    'ERR',
  ),
  not_found: row('There is nothing at this address.', 404, 'invalid_request', '42704', 1305, 'ERR'),
  forbidden: row('You may not do this: {what}', 403, 'access_denied', '42501', 1044, 'NOPERM'),
  cross_site: row(
    'This form was opened too long ago or from another site. Load the page again.',
    403,
    'access_denied',
    '42501',
    1044,
    'ERR',
  ),
  throttled: row(
    'Too many attempts. Wait {seconds} seconds and try again.',
    429,
    'slow_down',
    '53400',
    1226,
    'ERR',
  ),
  rate_limited: row(
    'Too many requests. Wait {seconds} seconds and try again.',
    429,
    'slow_down',
    '53400',
    1226,
    'ERR',
  ),
  statement_failed: row(
    'The database refused the statement: {message} (SQLSTATE {sqlstate})',
    422,
    'invalid_request',
    '42000',
    1105,
    'ERR',
  ),
  command_failed: row(
    'The database refused the command: {message}',
    422,
    'invalid_request',
    '42000',
    1105,
    'ERR',
  ),
  internal: row(
    'Something went wrong on our side (request {request}).',
    500,
    'server_error',
    'XX000',
    1105,
    'ERR',
  ),
} as const satisfies Record<string, RefusalRow>;

interface RefusalRow {
  /** One sentence for the caller, with `{placeholders}`. */
  readonly sentence: string;
  /** HTTP status, sent with problem+json. */
  readonly http: number;
  /** OAuth `error` value. */
  readonly oauth: string;
  /** PostgreSQL and Redshift SQLSTATE. */
  readonly sqlstate: string;
  /** MySQL error number. */
  readonly mysql: number;
  /** First word of a Redis error reply. */
  readonly redis: string;
}

function row<const S extends string>(
  sentence: S,
  http: number,
  oauth: string,
  sqlstate: string,
  mysql: number,
  redis: string,
): RefusalRow & { readonly sentence: S } {
  return { sentence, http, oauth, sqlstate, mysql, redis };
}

/** A stable code of the table; programs may branch on it. */
export type RefusalCode = keyof typeof refusals;

type Placeholders<S extends string> = S extends `${string}{${infer Name}}${infer Rest}`
  ? Name | Placeholders<Rest>
  : never;

/** The details that a code's sentence needs; `{}` when it needs none. */
export type RefusalDetails<C extends RefusalCode> = {
  readonly [Name in Placeholders<(typeof refusals)[C]['sentence']>]: string | number;
};

/** The rest parameters of {@link Refusal}: details are required exactly when the sentence has placeholders. */
type RefusalArguments<C extends RefusalCode> = [Placeholders<(typeof refusals)[C]['sentence']>] extends [
  never,
]
  ? [details?: Record<string, never>, cause?: unknown]
  : [details: RefusalDetails<C>, cause?: unknown];

/**
 * A request or a session ends here, and the caller is told why. `message` is the caller's face;
 * `cause` is the operator's and goes to the log under the request id, never over the wire.
 */
export class Refusal<C extends RefusalCode = RefusalCode> extends Error {
  override readonly name = 'Refusal';
  readonly code: C;
  readonly details: Readonly<Record<string, string | number>>;

  constructor(code: C, ...[details, cause]: RefusalArguments<C>) {
    const given: Readonly<Record<string, string | number>> = details ?? {};
    super(
      refusals[code].sentence.replace(/\{(\w+)\}/g, (_, name: string) =>
        hideSecrets(String(given[name] ?? '?')),
      ),
      cause === undefined ? undefined : { cause },
    );
    this.code = code;
    this.details = given;
  }

  /** The native errors of the doors for this code. */
  get native(): RefusalRow {
    return refusals[this.code];
  }
}

/**
 * The only place that decides what leaves the process: a {@link Refusal} as it is, anything else as `internal`
 * with the thrown value kept as the cause for the log.
 */
export function toRefusal(thrown: unknown, requestId: string): Refusal {
  return thrown instanceof Refusal ? thrown : new Refusal('internal', { request: requestId }, thrown);
}
