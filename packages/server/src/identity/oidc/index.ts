/**
 * oidc: people of an OpenID provider, who are sent there and come back with an answer.
 *
 * Owns: the provider's metadata and when they are read again, what an answer must prove, which failure is whose. Does not
 * own: the browser's memory of what it began (http), what claims mean (principal-from-claims), the checks of tokens
 * themselves, which are the library's.
 *
 *   begin ─▶ provider.metadata ─▶ address with state, nonce, PKCE
 *   finish ─▶ code grant ─▶ ID token, userinfo ─▶ principalFromClaims ─▶ proven | failed: unavailable, declined, …
 */
export { oidcMethod } from './oidc-method.ts';
