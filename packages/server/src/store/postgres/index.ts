/**
 * postgres: the shared body of the store, for several gateways on one PostgreSQL database.
 *
 * Owns: the pool of connections, and reading PostgreSQL's types as the shared queries want them.
 * Does not own: queries and tables, which both bodies share; the databases that people connect to.
 *
 *   openPostgres ─▶ Kysely ─▶ PostgresDialect ─▶ pg.Pool
 */
export { openPostgres } from './open-postgres.ts';
