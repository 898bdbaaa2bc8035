/**
 * roles: makes the logins of managed roles on a PostgreSQL server, and shows where the server has drifted from them.
 *
 * Owns: the templates, the comparison of configuration and catalog, the exact SQL, password verifiers.
 * Does not own: when to apply or rotate (the command line, the vault), where secrets are kept, sessions of people.
 *
 *   configuration ─▶ wantedRoles ─┐
 *                                 ├─▶ planRoles ─▶ statements, each with its reason ─▶ one transaction
 *   server ──────▶ readCatalog ───┘      (pure)
 *
 * The roles of Redshift are made with the same steps: {@link applyInRounds}, {@link takesClearText}.
 */
export { applyInRounds, statementFailed } from './apply-in-rounds.ts';
export type { ManagerSetup } from './manager-setup.ts';
export { managerSetupStatements } from './manager-setup.ts';
export { postgresRoleManager } from './postgres-role-manager.ts';
export { scramVerifier } from './scram-verifier.ts';
export { takesClearText } from './takes-clear-text.ts';
