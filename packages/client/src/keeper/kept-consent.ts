import type { Connection, Tokens } from '../tokens.ts';

/** Whose token: a person as the gateway knows them, and the database that they let the application use. */
export interface Holder {
  readonly subject: string;
  readonly database: string;
}

/** What is kept of a consent. */
export interface KeptConsent {
  /** `ended`: the gateway takes its refresh token no more. */
  readonly state: 'live' | 'ended';
  readonly accessToken: string;
  /** Wall-clock milliseconds, as all times here. */
  readonly issuedAt: number;
  readonly expiresAt: number;
  /** Absent when the gateway gave none: then nothing can be renewed. */
  readonly refreshToken?: string;
  readonly connection: Connection;
  /** The person's name, to show. */
  readonly name: string;
}

/** What of the tokens is worth keeping; what a refresh does not repeat stays as it was. */
export function toKept(
  tokens: Tokens,
  before: { readonly name: string; readonly connection: Connection; readonly refreshToken?: string },
  now: number,
): KeptConsent {
  const refreshToken = tokens.refreshToken ?? before.refreshToken;
  return {
    state: 'live',
    accessToken: tokens.accessToken,
    issuedAt: now,
    expiresAt: tokens.expiresAt,
    ...(refreshToken === undefined ? {} : { refreshToken }),
    connection: tokens.connection ?? before.connection,
    name: before.name,
  };
}

/** The record's text, before it is sealed. */
export function serialize(kept: KeptConsent): string {
  return JSON.stringify(kept);
}

/** Reads what {@link serialize} wrote: the seal has proved that it is ours. */
export function parse(text: string): KeptConsent {
  return JSON.parse(text) as KeptConsent;
}
