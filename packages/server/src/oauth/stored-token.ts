import type { StoredArtifact } from '../store/index.ts';

/** An access token as it lies in the store, with what we read of it. */
export interface StoredToken {
  readonly clientId: string;
  /** Wall-clock milliseconds. */
  readonly expiresAt: number;
  /** Whether it is a client's own (RFC 6749, section 4.4), and nobody's besides. */
  readonly isWorkload: boolean;
  /** The resource that it is for; absent for one that is for no database. */
  readonly aud?: string;
  readonly scope?: string;
  /** The `x5t#S256` of the certificate without which it is worth nothing (RFC 8705, section 3.1). */
  readonly boundTo?: string;
  /** What its sign-in proved, as the library keeps claims of ours. */
  readonly extra: unknown;
}

/** Reads what the library stored; undefined for what can be no token. */
export function storedToken({ payload, clientId }: StoredArtifact): StoredToken | undefined {
  const { exp, scope, aud, kind, extra, 'x5t#S256': boundTo } = payload;
  if (typeof exp !== 'number' || clientId === undefined) return undefined;
  return {
    clientId,
    expiresAt: exp * 1000,
    isWorkload: kind === 'ClientCredentials',
    ...(typeof aud === 'string' && { aud }),
    ...(typeof scope === 'string' && { scope }),
    ...(typeof boundTo === 'string' && { boundTo }),
    extra,
  };
}
