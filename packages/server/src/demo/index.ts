/**
 * demo: everything that `grantway demo` needs besides the gateway itself.
 *
 * Owns: running PostgreSQL from npm packages (the tests use it too), the sample database, the sample people and their
 * passwords, the demo's config file.
 * Does not own: the gateway (compose), how managed roles are made (engines) and their secrets kept (vault): the demo
 * uses both exactly as an operator does.
 *
 *   findEmbeddedBinaries ─▶ startEmbeddedPostgres ─▶ fillSampleDatabase ─▶ writeDemoConfig ─▶ prepareRoles ─▶ Demo
 */
export type { EmbeddedPostgres } from './embedded-postgres.ts';
export { startEmbeddedPostgres } from './embedded-postgres.ts';
export type { Demo } from './prepare-demo.ts';
export { prepareDemo } from './prepare-demo.ts';
