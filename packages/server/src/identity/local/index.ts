/**
 * local: people whose passwords the gateway itself keeps, as hashes, in the store.
 *
 * Owns: the password hash and its parameters, what a new password must be, the link of an invitation, and bringing the
 * people of the config file into the store. Does not own: the commands that add people, the pages.
 *
 *   verify ──────────────┬▶ queue (two at a time) ─▶ throttle.admit ─▶ argon2id | bcrypt ─▶ throttle.settle ─▶ even time
 *   changes.prepare ─────┘   └─ own password ─▶ proven;  one that somebody else made ─▶ first_secret
 *        └─▶ the new one: fit? not the old one? ─▶ argon2id ─▶ ready ─▶ apply: people.changePassword
 */
export { syncConfiguredUsers } from './configured-users.ts';
export { invitationLink, invitationPath } from './invitation.ts';
export { localMethod } from './local-method.ts';
export { newPasswordLength } from './new-password.ts';
export { hashPassword } from './password-hash.ts';
