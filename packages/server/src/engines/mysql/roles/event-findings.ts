import type { Finding } from '../../role-manager.ts';
import { anyText, identifier } from './identifier.ts';
import { newDefiner } from './new-definer.ts';
import type { ServerSession } from './server-session.ts';

/**
 * Events of a database that run with the rights of an account that holds something on the whole server. No login sets
 * them off, but logins of roles write the tables that an event reads.
 */
export async function eventFindings(
  session: ServerSession,
  database: string,
  powerful: ReadonlySet<string>,
): Promise<readonly Finding[]> {
  const rows = await session.query(
    `SELECT EVENT_NAME, DEFINER FROM information_schema.EVENTS
      WHERE EVENT_SCHEMA = ${anyText(database)} AND STATUS = 'ENABLED'`,
  );
  return rows
    .map((row) => row.map((value) => value ?? ''))
    .filter(([, definer = '']) => powerful.has(definer))
    .map(([name = '', definer = '']) => {
      const { account, statements } = newDefiner(database);
      return {
        severity: 'warning',
        code: 'definer_event',
        meaning: `the event ${database}.${name} runs by itself with the rights of ${definer}, who holds privileges on the whole server`,
        mend: [
          ...statements,
          `ALTER DEFINER = ${account} EVENT ${identifier(database)}.${identifier(name)} ENABLE`,
        ].join(';\n'),
      };
    });
}
