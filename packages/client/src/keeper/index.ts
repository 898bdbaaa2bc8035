/**
 * keeper: tokens that stay fresh for as long as the person's consent lasts.
 *
 * Owns: what is kept of a consent, when it is renewed, who renews it, and what happens when it cannot be. Does not own:
 * where records lie (`store/`), their seal (`sealing/`), how tokens are first got (`authorization-code.ts`).
 *
 *   token(holder) ─▶ read ─▶ fresh? ─▶ yes: use it
 *                              └─▶ one at a time in this process ─▶ lock ─▶ read ─▶ fresh now? use it
 *                                     └─▶ refresh ─┬─▶ replace under the fence ─▶ only then use it
 *                                                  └─▶ invalid_grant ─▶ read again ─▶ another token? use it
 *                                                                          └─▶ the same: needs-reconnect, once
 */
export type { GrantwayClient, GrantwayClientOptions, SignInOutcome } from './grantway-client.ts';
export { createGrantwayClient } from './grantway-client.ts';
export type { Holder } from './kept-consent.ts';
export type { LiveToken, LiveTokenListener } from './live-token.ts';
export type { TokenOutcome } from './token-keeper.ts';
