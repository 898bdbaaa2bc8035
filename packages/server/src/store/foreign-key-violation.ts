/** PostgreSQL's SQLSTATE `foreign_key_violation`. */
const postgresCode = '23503';
/** SQLite's extended result code `SQLITE_CONSTRAINT_FOREIGNKEY`. */
const sqliteCode = 787;

/** Whether a query failed because a row that it refers to is gone, or because others refer to the row it removes. */
export function isForeignKeyViolation(thrown: unknown): boolean {
  if (!(thrown instanceof Error)) return false;
  return (
    ('code' in thrown && thrown.code === postgresCode) ||
    ('errcode' in thrown && thrown.errcode === sqliteCode)
  );
}
