import { type Database, Refusal, type Secret } from '../../../core/index.ts';
import { openAsManager } from '../../manager-account.ts';
import { ServerSession } from './server-session.ts';

/** Rights with which an account can become anybody: what it grants is then no proof of anything. */
const everything = ['SUPER', 'SYSTEM_USER'];

/**
 * Runs `work` as the manager account and closes the connection.
 * @throws Refusal `request_invalid` when there is no manager, it cannot connect, or it may do everything
 */
export async function withManager<T>(
  database: Database,
  password: Secret,
  work: (session: ServerSession) => Promise<T>,
): Promise<T> {
  const { login, session } = await openAsManager(database, async (login) => ({
    login,
    session: await ServerSession.open(database, login, password),
  }));
  try {
    const held = await session.query(
      `SELECT PRIVILEGE_TYPE FROM information_schema.USER_PRIVILEGES
        WHERE REPLACE(GRANTEE, '''', '') = CURRENT_USER()`,
    );
    const dangerous = held.map(([privilege]) => privilege ?? '').filter((one) => everything.includes(one));
    if (dangerous.length > 0) {
      throw new Refusal('request_invalid', {
        what: `The manager account "${login}" has ${dangerous.join(' and ')}. Use one with CREATE USER alone (docs/mysql.md).`,
      });
    }
    return await work(session);
  } finally {
    session.close();
  }
}
