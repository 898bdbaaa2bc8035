/**
 * engines/mysql/roles: makes the accounts of managed roles on MySQL and MariaDB, and shows where the server has drifted
 * from them.
 *
 * Owns: the templates, the comparison of configuration and privilege tables, findings about every mapped login, the
 * exact SQL, password verifiers. Does not own: when to apply or rotate (the command line, the vault), where secrets are
 * kept, sessions of people.
 *
 *   configuration ─▶ wantedAccounts ─┐
 *                                    ├─▶ planAccounts ─▶ statements, each with its reason ─▶ one after the other
 *   server ──────▶ readServerState ──┘      (pure)   └─▶ findings, for the administrator
 *
 * An account holds its template itself, without a role (CREATE ROLE) between the two: whoever is signed in could take
 * its default role from everybody, the views of an account would have none of its rights on MariaDB, and on MySQL the
 * manager account would need ROLE_ADMIN. `role-between.test.ts` shows each.
 */
export { managerSetupStatements } from './manager-setup.ts';
export { mysqlRoleManager } from './mysql-role-manager.ts';
