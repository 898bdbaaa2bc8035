/**
 * PostgreSQL's predefined roles that reach out of the database: programs and files of the server, other people's
 * sessions, connections to elsewhere. No managed login may hold one, not even by an operator's own statement.
 * Source: https://www.postgresql.org/docs/18/predefined-roles.html
 */
export const dangerousRoles: readonly string[] = [
  'pg_execute_server_program',
  'pg_read_server_files',
  'pg_write_server_files',
  'pg_signal_backend',
  'pg_create_subscription',
];

/** Those that stay inside of the database and reach past grants on tables, or show what other people do. */
export const wideRoles: readonly string[] = [
  'pg_read_all_data',
  'pg_write_all_data',
  'pg_maintain',
  'pg_monitor',
  'pg_read_all_stats',
  'pg_read_all_settings',
  'pg_checkpoint',
];
