/**
 * engines/redshift/identity-token: logins with a token of the person's own identity provider.
 *
 * Owns: keeping a token while it is good for a login, what is said at the start of a connection about it, the one answer
 * that it is given in. Does not own: how it is had from the provider (`oauth/provider-word`), who signs in how (identity).
 *
 *   permit ─▶ IdentityTokenLogins ─▶ TokenSource ─▶ the provider, by the person's refresh token
 *   startup (idp_type …) ─▶ authentication 14 ─▶ the token, and never in answer to anything else
 */
export { IdentityTokenLogins, type TokenSource } from './identity-token-logins.ts';
export { identityTokenProof } from './identity-token-proof.ts';
