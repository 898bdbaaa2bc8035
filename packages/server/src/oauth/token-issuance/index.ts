/**
 * token-issuance: the last step before an access token exists.
 *
 * Owns: which one is refused because nobody could use it, its record, and what a program is told to connect with it. Does not
 * own: what the request may ask for (resource-indicators), what a token is good for later (token-access, verify-token).
 *
 *   code, device, refresh ─▶ token-target ─▶ assert-refreshable ─▶ the library ─▶ admit-token ─▶ audit
 *                                                                                    └─▶ connection-of-token
 */
export { createTokenIssuance, type TokenIssuance } from './token-issuance.ts';
