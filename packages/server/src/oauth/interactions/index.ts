/**
 * interactions: a person between an authorization request and its answer.
 *
 * Owns: which request waits in a browser, what its pages are told of it, how it goes on after a sign-in and after the
 * consent page. Does not own: the pages (http), what a consent is (consents), what is asked of a sign-in (interaction-prompts).
 *
 *   cookie ─▶ waiting-request ─┬─▶ describe-request ─▶ a page
 *                              ├─▶ finish-sign-in ─▶ the library
 *                              └─▶ one-answer ─▶ finish-consent ─▶ audit ─▶ consents ─▶ the library
 */
export { createInteractions, type Interactions } from './interactions.ts';
