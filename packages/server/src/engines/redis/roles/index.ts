/**
 * roles: makes the ACL users of managed roles on Redis and Valkey, and shows where the servers have drifted from them.
 *
 * Owns: the templates, the reading of operators' ACL rules, what a rule means on one server, the comparison, findings
 * about the server as a whole and its logins, the lock of the user `default`, the exact commands.
 * Does not own: when to apply or rotate (the command line, the vault), where secrets are kept, sessions of people, the
 * commands that the gateway itself refuses.
 *
 *   configuration ─▶ wantedUsers ─┐
 *                                 ├─▶ planUser ─▶ steps, each with its reason ─▶ each server in turn ─▶ saved
 *   each server ──▶ readServer ───┘      └──────▶ findings, for the administrator
 */
export { createRedisRoleManager } from './redis-role-manager.ts';
