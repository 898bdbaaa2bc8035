/**
 * local: people whose passwords the gateway itself keeps, as hashes, in the store.
 *
 * Owns: the password hash and its parameters, the throttle, the spelling of user names, and bringing the people of
 * the config file into the store. Does not own: the commands that add people, the sign-in page.
 *
 *   verify ─▶ queue (two at a time) ─▶ throttle.admit ─▶ people.password ─▶ argon2id | bcrypt ─▶ throttle.settle
 */
export { syncConfiguredUsers } from './configured-users.ts';
export { localMethod } from './local-method.ts';
export { hashPassword } from './password-hash.ts';
export { normaliseUsername } from './username.ts';
