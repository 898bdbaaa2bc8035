import { Refusal } from '../../../core/index.ts';
import type { ServerSession } from './server-session.ts';

const name = `'grantway roles apply'`;
/** The manager's other sessions; more than its own it may not see. */
const managers = `SELECT ID FROM information_schema.PROCESSLIST WHERE USER = SUBSTRING_INDEX(USER(), '@', 1)`;

/**
 * Takes the lock of an apply for the rest of the session: two at once would both find the same accounts missing. It waits
 * for the manager account alone. Every login may take a lock of this name, and one of people keeps nobody from an
 * apply: of two that then run at once, one fails at the first account that both make, and is run again.
 * @throws Refusal `request_invalid` when another apply goes on for a minute
 */
export async function applyAlone(session: ServerSession, database: string): Promise<void> {
  const [first] = await session.query(
    `SELECT GET_LOCK(${name}, 0) = 1 OR IS_USED_LOCK(${name}) NOT IN (${managers})`,
  );
  if (first?.[0] === '1') return;
  const [locked] = await session.query(`SELECT GET_LOCK(${name}, 60)`);
  if (locked?.[0] !== '1')
    throw new Refusal('request_invalid', { what: `Another apply runs on "${database}".` });
}
