/**
 * testing: a whole HTTP door on a real port, for the tests of this folder.
 *
 * Owns: {@link startSite}, made of the real store, vault, audit, sign-in and authorization server; only databases
 * are missing behind it. Does not own: browsers (`tests/support`).
 *
 *   startSite ─▶ createHttpServer ─▶ listen on a free port
 */
export { withFirstSecret } from './first-secret.ts';
export { keptAnswersOf } from './kept-answers.ts';
export { authorizationRequest, formToken, post, refusal, shown } from './pages.ts';
export type { Site } from './site.ts';
export { people, startSite } from './site.ts';
