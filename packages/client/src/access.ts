import type { Gateway } from './gateway.ts';

/** What to ask for: a sign-in alone, or a role on one database. */
export interface AccessRequest {
  /** Absent: only who the person is. */
  readonly database?: string;
  /** Absent: the default role of the person on the database. */
  readonly role?: string;
}

/**
 * Scopes and resource (RFC 8707) of a request. `offline_access` is always asked, because a token without a
 * refresh token means a browser every fifteen minutes.
 */
export function accessParameters(
  gateway: Gateway,
  { database, role }: AccessRequest,
): Record<string, string> {
  const identity = 'openid profile offline_access';
  if (database === undefined) return { scope: identity };
  return {
    scope: `${identity} db:${database}${role === undefined ? '' : `:${role}`}`,
    resource: databaseResource(gateway, database),
  };
}

/** The resource indicator of a database. */
export function databaseResource(gateway: Gateway, database: string): string {
  return `${gateway.issuer}/db/${encodeURIComponent(database)}`;
}
