import type { Finding } from '../../role-manager.ts';
import { account, anyText, databasePattern, identifier } from './identifier.ts';
import type { ServerSession } from './server-session.ts';

const self = `CONCAT('''', SUBSTRING_INDEX(CURRENT_USER(), '@', 1), '''@''', SUBSTRING_INDEX(CURRENT_USER(), '@', -1), '''')`;

/**
 * What the manager account cannot look at, so that nothing is known of it: the servers show routines (MySQL alone),
 * triggers and events to those who may change them.
 */
export async function unseenFindings(session: ServerSession, database: string): Promise<readonly Finding[]> {
  const [who] = await session.query('SELECT CURRENT_USER()');
  const manager = who?.[0] ?? '';
  const at = manager.lastIndexOf('@');
  const name = account(manager.slice(0, at), manager.slice(at + 1));
  const everywhere = await privileges(session, `USER_PRIVILEGES WHERE GRANTEE = ${self}`);
  const here = await privileges(
    session,
    `SCHEMA_PRIVILEGES WHERE GRANTEE = ${self} AND ${anyText(database)} LIKE TABLE_SCHEMA`,
  );
  const sees = (privilege: string) => everywhere.has(privilege) || here.has(privilege);
  const seesRoutines =
    session.product === 'mariadb' || everywhere.has('SHOW_ROUTINE') || everywhere.has('SELECT');
  return [
    ...(seesRoutines
      ? []
      : [
          {
            severity: 'note' as const,
            code: 'routines_unseen',
            meaning:
              'the manager account sees no routines, so that nothing is known of whose rights they run with',
            mend: `GRANT SHOW_ROUTINE ON *.* TO ${name}`,
          },
        ]),
    ...(sees('TRIGGER') && sees('EVENT')
      ? []
      : [
          {
            severity: 'note' as const,
            code: 'triggers_unseen',
            meaning: `the manager account does not see all triggers and events of ${database}, so that nothing is known of whose rights those run with`,
            mend: `GRANT TRIGGER, EVENT ON ${identifier(databasePattern(database))}.* TO ${name}`,
          },
        ]),
  ];
}

async function privileges(session: ServerSession, from: string): Promise<ReadonlySet<string>> {
  const rows = await session.query(`SELECT PRIVILEGE_TYPE FROM information_schema.${from}`);
  return new Set(rows.map(([privilege]) => privilege ?? ''));
}
