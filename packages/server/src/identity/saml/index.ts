/**
 * saml: people of a SAML 2.0 identity provider, who are sent there and come back with a signed assertion.
 *
 * Owns: what a message may look like at all, what an assertion must prove, that each counts once, what we tell the
 * provider about ourselves, signing out in both directions. Does not own: the browser's memory of what it began (http),
 * what claims mean (principal-from-claims), signatures and encryption themselves, which are the library's.
 *
 *   begin   ─▶ AuthnRequest in the address ─▶ provider
 *   receive ─▶ message-text ─▶ message-shape ─▶ library: signature, times, audience ─▶ assertion ─▶ once ─▶ kept a minute
 *   finish  ─▶ what was kept, if it answers what this browser began ─▶ proven | failed: declined, not_genuine, …
 *
 * The answer is a form that the provider's page posts, and a browser sends no cookie of ours along with that. So it is
 * checked when it comes, and counts when the same browser is back at our own address.
 */
export { samlMethod } from './saml-method.ts';
