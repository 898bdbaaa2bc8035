import type { Finding } from '../../role-manager.ts';
import { systemSchemas } from './definer-findings.ts';
import { anyText, identifier } from './identifier.ts';
import { mayUse, said } from './may-use.ts';
import { newDefiner } from './new-definer.ts';
import type { Reach } from './role-reach.ts';
import type { ServerSession } from './server-session.ts';

/**
 * Triggers with the rights of an account that holds something on the whole server, on a table that a login of a role
 * writes: what the login may not do itself, its writes do. Triggers have no SQL SECURITY INVOKER, and MySQL cannot give
 * one another definer: it has to be made again.
 */
export async function triggerFindings(
  session: ServerSession,
  reaches: readonly Reach[],
  powerful: ReadonlySet<string>,
): Promise<readonly Finding[]> {
  const rows = await session.query(
    `SELECT t.TRIGGER_SCHEMA, t.TRIGGER_NAME, t.DEFINER, t.EVENT_MANIPULATION, t.EVENT_OBJECT_TABLE, t.ACTION_TIMING,
            t.ACTION_STATEMENT, t.SQL_MODE,
            (SELECT n.TRIGGER_NAME FROM information_schema.TRIGGERS n
              WHERE n.EVENT_OBJECT_SCHEMA = t.EVENT_OBJECT_SCHEMA AND n.EVENT_OBJECT_TABLE = t.EVENT_OBJECT_TABLE
                AND n.ACTION_TIMING = t.ACTION_TIMING AND n.EVENT_MANIPULATION = t.EVENT_MANIPULATION
                AND n.ACTION_ORDER = t.ACTION_ORDER + 1)
       FROM information_schema.TRIGGERS t WHERE t.TRIGGER_SCHEMA NOT IN ${systemSchemas}`,
  );
  return rows
    .map((row) => row.map((value) => value ?? ''))
    .filter(([, , definer = '']) => powerful.has(definer))
    .flatMap(
      ([
        schema = '',
        name = '',
        definer = '',
        event = '',
        table = '',
        timing = '',
        body = '',
        mode = '',
        next = '',
      ]) =>
        mayUse(reaches, new RegExp(`^(${event}|ALL)`, 'i'), schema, table).map((who): Finding => {
          const { account, statements } = newDefiner(schema);
          const trigger = `${identifier(schema)}.${identifier(name)}`;
          const replaces = session.product === 'mariadb';
          const order = next === '' ? '' : `PRECEDES ${identifier(next)} `;
          return {
            severity: 'warning',
            code: 'definer_trigger',
            meaning: `${said(who)} sets off the trigger ${schema}.${name}, which runs with the rights of ${definer}, who holds privileges on the whole server`,
            mend: [
              ...statements,
              `SET SESSION sql_mode = ${anyText(mode)}`,
              ...(replaces ? [] : [`DROP TRIGGER ${trigger}`]),
              `CREATE ${replaces ? 'OR REPLACE ' : ''}DEFINER = ${account} TRIGGER ${trigger} ${timing} ${event} ON ${identifier(schema)}.${identifier(table)} FOR EACH ROW ${order}${body}`,
            ].join(';\n'),
          };
        }),
    );
}
