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
 * An account holds its template itself. A role (CREATE ROLE) between the two would have to be active in each session:
 * whoever is signed in may say SET DEFAULT ROLE NONE for all who come after, MariaDB keeps the active role over a
 * reset, and on MySQL the manager account would need ROLE_ADMIN, with which it could grant itself any role there is.
 */
export { managerSetupStatements } from './manager-setup.ts';
export { mysqlRoleManager } from './mysql-role-manager.ts';
