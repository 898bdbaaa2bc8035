/**
 * applications: the OAuth clients that people register for themselves.
 *
 * Owns: who may register and approve, how many one person may have, what a developer sees and changes of an application.
 * Does not own: clients as such (client-registry), what one may do before it is approved (client-standing), the pages (http).
 *
 *   mayRegister ─▶ register-application ─▶ waiting ─▶ approve ─▶ approved
 *   theirs, or theirs to approve ─▶ application-details ─▶ change-application ─▶ audit ─▶ store, revocation
 */
export type { ApplicationDetails } from './application-details.ts';
export { type Applications, createApplications } from './applications.ts';
export type { WantedApplication } from './register-application.ts';
