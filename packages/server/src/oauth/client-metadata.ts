import { isPlainHost, Refusal } from '../core/index.ts';
import type { RegisteredClient } from '../store/index.ts';

/**
 * Metadata of our own beside that of RFC 7591. The library knows only its own scopes in `scope`, so what a client
 * may ask for is kept apart; who registered it decides whether its consent is ever skipped.
 */
export const ownMetadata = { scope: 'grantway_scope', origin: 'grantway_origin' } as const;

/** RFC 8628, section 3.4. */
export const deviceCodeGrant = 'urn:ietf:params:oauth:grant-type:device_code';
/** RFC 8693. */
export const tokenExchangeGrant = 'urn:ietf:params:oauth:grant-type:token-exchange';
/** RFC 7523, section 2.1. */
export const jwtBearerGrant = 'urn:ietf:params:oauth:grant-type:jwt-bearer';

/** An application as an operator describes it. */
export interface ClientRegistration {
  readonly name: string;
  readonly redirectUris: readonly string[];
  /** Where a browser may come back to after a sign-out (OpenID Connect RP-Initiated Logout, section 3.1). */
  readonly postLogoutRedirectUris?: readonly string[];
  /** What it may ask for, and its default when it asks for nothing; empty: anything, and no default. */
  readonly scopes: readonly string[];
  readonly grantTypes: readonly string[];
  /** Whether it can keep a secret. */
  readonly confidential: boolean;
  /** How it is known by a certificate, in place of a secret. */
  readonly certificate?: CertificateAuthentication;
  readonly bindTokens?: boolean;
}

/** Metadata of RFC 8705, section 2.1.2 and 2.2.2. */
export type CertificateAuthentication =
  | {
      readonly token_endpoint_auth_method: 'self_signed_tls_client_auth';
      readonly jwks: { readonly keys: readonly object[] };
    }
  | {
      readonly token_endpoint_auth_method: 'tls_client_auth';
      readonly [name: `tls_client_auth_san_${string}`]: string;
    };

/** A registration as the library takes it (RFC 7591, section 2), without secrets. */
export function clientMetadata(registration: ClientRegistration): RegisteredClient['metadata'] {
  const { redirectUris, postLogoutRedirectUris, grantTypes, scopes } = registration;
  return {
    client_name: registration.name,
    application_type: applicationType(redirectUris),
    redirect_uris: redirectUris,
    ...(postLogoutRedirectUris !== undefined && { post_logout_redirect_uris: postLogoutRedirectUris }),
    grant_types: grantTypes,
    response_types: grantTypes.includes('authorization_code') ? ['code'] : [],
    token_endpoint_auth_method: registration.confidential ? 'client_secret_basic' : 'none',
    ...registration.certificate,
    ...(registration.bindTokens && { tls_client_certificate_bound_access_tokens: true }),
    ...(scopes.length > 0 && { [ownMetadata.scope]: scopes.join(' ') }),
  };
}

/**
 * A client whose redirect URIs all lead to this machine is a native one: only then may its port differ at each run
 * (RFC 8252, section 7.3). Clients rarely say it themselves.
 */
export function applicationType(redirectUris: readonly string[]): 'native' | 'web' {
  return redirectUris.length > 0 && redirectUris.every(isLoopbackUri) ? 'native' : 'web';
}

/**
 * The same for a client that registered itself and did not say. Programs that run on people's machines list an address of
 * their maker's beside the loopback ones, so one loopback address is enough; people are then asked each time.
 */
export function guessedApplicationType(redirectUris: readonly string[]): 'native' | 'web' {
  return redirectUris.some(isLoopbackUri) ? 'native' : 'web';
}

/** Whether a redirect URI leads to the person's own machine over http. */
export function isLoopbackUri(uri: string): boolean {
  const parsed = URL.parse(uri);
  return parsed?.protocol === 'http:' && ['127.0.0.1', '[::1]', 'localhost'].includes(parsed.hostname);
}

/**
 * Checks what an operator or a developer says of an application, before anything of it is recorded or kept.
 * @throws Refusal `request_invalid`
 */
export function assertRegistration(registration: ClientRegistration): void {
  const { name, redirectUris, grantTypes, confidential } = registration;
  assertClientName(name);
  assertRedirectUris(redirectUris);
  if (grantTypes.includes('authorization_code') && redirectUris.length === 0)
    throw new Refusal('request_invalid', { what: 'A client for the browser needs a redirect URI.' });
  if (grantTypes.includes('client_credentials') && !confidential)
    throw new Refusal('request_invalid', { what: 'A client that acts for itself needs a secret.' });
}

const longestName = 100;
/** Markup, and what could make one name look like another on the consent page: control, direction, further lines. */
const misleading = /[<>&"'`\p{C}\p{Zl}\p{Zp}]/u;
/** Some letters are blank. */
const visible = /[[\p{L}\p{N}]--\p{Default_Ignorable_Code_Point}]/v;

/**
 * A name is plain text, whoever registers it.
 * @throws Refusal `request_invalid`
 */
export function assertClientName(name: string): void {
  if (name.length > longestName || misleading.test(name) || !visible.test(name))
    throw new Refusal('request_invalid', {
      what: `A client's name is one line of plain text with a letter or digit, of at most ${longestName} characters.`,
    });
}

/**
 * Redirect URIs are https or lead to the person's own machine, whoever registers them.
 * @throws Refusal `request_invalid`
 */
export function assertRedirectUris(redirectUris: readonly string[]): void {
  const wrong = redirectUris.find((uri) => !isAcceptableRedirect(uri));
  if (wrong !== undefined)
    throw new Refusal('request_invalid', {
      what: 'A redirect URI is an https address, or http on 127.0.0.1, [::1] or localhost, without fragment or wildcard; its host is of letters, digits, - and _.',
    });
}

function isAcceptableRedirect(uri: string): boolean {
  const parsed = URL.parse(uri);
  if (parsed === null || uri.includes('#') || uri.includes('*') || uri.length > 2_000) return false;
  if (parsed.username !== '' || parsed.password !== '' || !isPlainHost(parsed.hostname)) return false;
  return parsed.protocol === 'https:' || isLoopbackUri(uri);
}
