import type { Secret } from './secret.ts';

/** What came of asking a person's identity provider for a token that a database takes. */
export type IdentityToken =
  /** `expiresAt` in wall-clock milliseconds, as the token says. */
  | { readonly outcome: 'given'; readonly token: Secret; readonly expiresAt: number }
  /** The person did not sign in with that provider, or it does not speak for their session any more. */
  | { readonly outcome: 'none'; readonly detail: string }
  | { readonly outcome: 'unavailable'; readonly detail: string }
  /** The provider gives tokens, and none that may be sent to this database. */
  | { readonly outcome: 'unsuitable'; readonly detail: string };
