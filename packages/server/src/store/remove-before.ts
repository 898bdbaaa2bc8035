import { setImmediate as nextTurn } from 'node:timers/promises';
import { type Kysely, sql } from 'kysely';
import type { Tables } from './tables.ts';

/** A statement for so many rows takes milliseconds, in both bodies. */
const removedAtOnce = 500;

/**
 * Removes the rows whose `time` is before `before`, some at a time, and gives their number. In one statement a big table
 * would hold up whatever else wants to happen: SQLite answers within the turn, and PostgreSQL breaks off what takes too
 * long and has then removed nothing.
 */
export async function removeBefore<Table extends keyof Tables>(
  db: Kysely<Tables>,
  {
    table,
    key,
    time,
    before,
  }: {
    readonly table: Table;
    /** The columns of its primary key. */
    readonly key: readonly (keyof Tables[Table] & string)[];
    readonly time: keyof Tables[Table] & string;
    readonly before: number;
  },
): Promise<number> {
  const columns = sql.join(key.map((column) => sql.ref(column)));
  const isOld = sql`${sql.ref(time)} < ${before}`;
  // Said twice: a row that somebody else renews between the look and the removal stays.
  const removeSome = sql`
    delete from ${sql.table(table)} where ${isOld} and (${columns}) in (
      select ${columns} from ${sql.table(table)} where ${isOld} limit ${sql.lit(removedAtOnce)})`;
  for (let removed = 0; ; await nextTurn()) {
    const { numAffectedRows = 0n } = await removeSome.execute(db);
    removed += Number(numAffectedRows);
    if (numAffectedRows < removedAtOnce) return removed;
  }
}
