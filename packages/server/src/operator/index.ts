/**
 * operator: administrative operations on the store, for the command line.
 *
 * Owns: what `grantway users|clients|sessions|consents|roles|keys|audit|explain|doctor` do, as plain functions over a
 * {@link Workspace}; each records an `admin` event durably before it takes effect. Does not own: how a workspace is
 * opened (compose), how revocations reach running gateways (they follow `store.revocations`), how results are
 * printed (the command line).
 *
 *   grantway users disable ─▶ disablePerson ─▶ audit ─▶ flag in the store ─▶ tokens removed ─▶ store.revocations
 *                                                                              running gateways ◀──────┘ within 1 s
 */
export type { TrailRecord } from './audit-trail.ts';
export { followTrail, readTrail, verifyTrail } from './audit-trail.ts';
export {
  addClient,
  approveClient,
  clientErrors,
  disableClient,
  enableClient,
  listClients,
  removeClient,
  rotateClientSecret,
} from './clients.ts';
export { commandLog } from './command-log.ts';
export { examineDatabases } from './examine-databases.ts';
export { explainAccess } from './explain-access.ts';
export type { FirstSecret } from './first-secret.ts';
export type { Invitation, InviteResult } from './invite-person.ts';
export { invitePerson } from './invite-person.ts';
export type { Consent } from './live-access.ts';
export { endConsent, endSession, listConsents, listSessions } from './live-access.ts';
export { applyRoles, planRoles, rotateRoles } from './managed-roles.ts';
export {
  addPerson,
  disablePerson,
  enablePerson,
  listPeople,
  personIdOf,
  removePerson,
  resetFactors,
  resetSecret,
  signOutPerson,
} from './people.ts';
export { rotateVaultKeys } from './rotate-vault-keys.ts';
export { listSigningKeys, replaceSigningKeys, rotateSigningKey } from './signing-keys.ts';
export type { Workspace } from './workspace.ts';
