/**
 * operator: administrative operations on the store, for the command line.
 *
 * Owns: what `grantway users|clients|sessions|consents|roles|explain` do, as plain functions over a
 * {@link Workspace}; each records an `admin` event durably before it takes effect. Does not own: how a workspace is
 * opened (compose), how revocations reach running gateways (they follow `store.revocations`), how results are
 * printed (the command line).
 *
 *   grantway users disable ─▶ disablePerson ─▶ audit ─▶ flag in the store ─▶ tokens removed ─▶ store.revocations
 *                                                                              running gateways ◀──────┘ within 1 s
 */
export {
  addClient,
  disableClient,
  enableClient,
  listClients,
  removeClient,
  rotateClientSecret,
} from './clients.ts';
export { explainAccess } from './explain-access.ts';
export type { Consent } from './live-access.ts';
export { endConsent, endSession, listConsents, listSessions } from './live-access.ts';
export { applyRoles, planRoles } from './managed-roles.ts';
export type { FirstSecret } from './people.ts';
export {
  addPerson,
  disablePerson,
  enablePerson,
  listPeople,
  personIdOf,
  removePerson,
  resetSecret,
} from './people.ts';
export type { Workspace } from './workspace.ts';
