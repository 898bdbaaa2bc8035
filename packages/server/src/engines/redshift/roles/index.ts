/**
 * engines/redshift/roles: makes the logins of managed roles on Redshift, and shows where it has drifted from them.
 *
 * Owns: the templates in Redshift's privileges, the comparison of configuration and catalog, the exact SQL, password
 * verifiers. Does not own: logins that AWS issues (`../aws`), when to apply or rotate (the command line, the vault).
 *
 *   configuration ─▶ wantedRoles ─┐
 *                                 ├─▶ planRoles ─▶ statements, each with its reason ─▶ one transaction
 *   server ──────▶ readState ─────┘      (pure)
 *
 * Rights are held by roles: an account that is no superuser can make those, and no groups. It differs enough from
 * PostgreSQL's catalogs and syntax (users and roles apart, no comments on them, no membership options) that the plan is
 * its own; what it wants is the same.
 */
export { redshiftRoleManager } from './redshift-role-manager.ts';
