import type { Finding } from '../../role-manager.ts';
import { identifier } from './identifier.ts';
import { type MayUse, mayUse, said } from './may-use.ts';
import type { Reach } from './role-reach.ts';
import type { ServerSession } from './server-session.ts';

/** Databases of the server's own, as a list in SQL. */
export const systemSchemas = `('mysql', 'sys', 'information_schema', 'performance_schema')`;

/**
 * Routines and views that run with the rights of an account that holds something on the whole server, and that a login
 * of a role may run: what the login may not do itself, it may do through them.
 */
export async function definerFindings(
  session: ServerSession,
  reaches: readonly Reach[],
  powerful: ReadonlySet<string>,
): Promise<readonly Finding[]> {
  const routines = await session.query(routinesQuery[session.product]);
  const views = await session.query(
    `SELECT TABLE_SCHEMA, TABLE_NAME, DEFINER, VIEW_DEFINITION FROM information_schema.VIEWS
      WHERE SECURITY_TYPE = 'DEFINER' AND TABLE_SCHEMA NOT IN ${systemSchemas}`,
  );
  return [
    ...routines
      .map((row) => row.map((value) => value ?? ''))
      .filter(([, , , definer = '']) => powerful.has(definer))
      .flatMap(([schema = '', name = '', kind = '', definer = '']) =>
        mayUse(reaches, /^(EXECUTE|ALL)/i, schema, name).map(
          (who): Finding => ({
            severity: 'danger',
            code: 'definer_routine',
            meaning: meaningOf(who, 'run', `${schema}.${name}`, definer),
            mend: `ALTER ${kind} ${identifier(schema)}.${identifier(name)} SQL SECURITY INVOKER`,
          }),
        ),
      ),
    ...views
      .map((row) => row.map((value) => value ?? ''))
      .filter(([, , definer = '']) => powerful.has(definer))
      .flatMap(([schema = '', name = '', definer = '', body]) =>
        mayUse(reaches, /^(SELECT|INSERT|UPDATE|DELETE|ALL)/i, schema, name).map(
          (who): Finding => ({
            severity: 'warning',
            code: 'definer_view',
            meaning: meaningOf(who, 'use', `${schema}.${name}`, definer),
            mend: `ALTER SQL SECURITY INVOKER VIEW ${identifier(schema)}.${identifier(name)} AS ${body || '…'}`,
          }),
        ),
      ),
  ];
}

function meaningOf(who: MayUse, verb: 'run' | 'use', object: string, definer: string): string {
  return `${said(who)} can ${verb} ${object} with the rights of ${definer}, who holds privileges on the whole server`;
}

const routinesQuery = {
  mysql: `SELECT ROUTINE_SCHEMA, ROUTINE_NAME, ROUTINE_TYPE, DEFINER FROM information_schema.ROUTINES
           WHERE SECURITY_TYPE = 'DEFINER' AND ROUTINE_SCHEMA NOT IN ${systemSchemas}`,
  mariadb: `SELECT db, name, type, definer FROM mysql.proc
             WHERE security_type = 'DEFINER' AND db NOT IN ${systemSchemas}`,
} as const;
