import type { Session } from 'oidc-provider';
import { z } from 'zod';
import type { SignInProof } from '../core/index.ts';

/** For `loginAccount`. */
export function loginOf({ methods, at }: SignInProof): { readonly loginTs: number; readonly amr: string[] } {
  return { loginTs: Math.floor(at / 1000), amr: [...methods] };
}

/** The inverse. Whatever has no time proved nothing that counts: it is as old as can be. */
export function proofInSession({ amr, loginTs }: Pick<Session, 'amr' | 'loginTs'>): SignInProof {
  return { methods: amr ?? [], at: (loginTs ?? 0) * 1000 };
}

/** The same from a code, a device's code or a refresh token, and from what is kept of a session beside a request. */
export function proofInCode({ amr, authTime }: KeptWithCode): SignInProof {
  return { methods: amr ?? [], at: (authTime ?? 0) * 1000 };
}

interface KeptWithCode {
  readonly amr?: string[] | undefined;
  /** Seconds of the epoch. */
  readonly authTime?: number | undefined;
}

const claims = z.object({ amr: z.array(z.string()), auth_time: z.number() });

/** As it lies with an access token and as introspection gives it (RFC 9470, section 6.2; RFC 8176). */
export function claimsOf({ methods, at }: SignInProof): { auth_time: number; amr: string[] } {
  return { auth_time: Math.floor(at / 1000), amr: [...methods] };
}

/** The inverse; undefined for a token without. */
export function proofInClaims(extra: unknown): SignInProof | undefined {
  const read = claims.safeParse(extra);
  return read.success ? { methods: read.data.amr, at: read.data.auth_time * 1000 } : undefined;
}
