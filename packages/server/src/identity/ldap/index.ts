/**
 * ldap: people of a directory, by a bind with their own password.
 *
 * Owns: the protected connection to a directory, escaping what somebody typed, finding the one entry, its groups by full
 * name. Does not own: the throttle and the queue, which all ways to sign in share; the wire format, which is the library's.
 *
 *   verify ─▶ fit? ─▶ throttle ─▶ openDirectory (TLS) ─▶ entry by name or search ─▶ bind ─▶ groups ─▶ proven | failed
 */
export { ldapMethod } from './ldap-method.ts';
