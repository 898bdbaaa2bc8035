import type { Database } from '../../../core/index.ts';
import type { Finding } from '../../role-manager.ts';
import { definerFindings } from './definer-findings.ts';
import { eventFindings } from './event-findings.ts';
import { openAccounts } from './open-accounts.ts';
import { accountFindings, planAccounts } from './plan-accounts.ts';
import { readPowerful, roleFindings } from './powerful-accounts.ts';
import { readReach } from './role-reach.ts';
import { serverFindings } from './server-findings.ts';
import type { ServerSession } from './server-session.ts';
import { readMapped, type ServerState } from './server-state.ts';
import { triggerFindings } from './trigger-findings.ts';
import { unseenFindings } from './unseen-findings.ts';
import { wantedAccounts } from './wanted-accounts.ts';

/** What is dangerous or weak about a server and the logins of its roles, managed or not. Changes nothing. */
export async function examineServer(session: ServerSession, database: Database): Promise<readonly Finding[]> {
  const state = await readMapped(session, database);
  const logins = database.roles.map(({ login }) => login);
  const powerful = await readPowerful(session);
  const reaches = await readReach(session, state, logins);
  return [
    ...accountFindings(database, state),
    ...driftFindings(database, state),
    ...roleFindings(reaches, powerful),
    ...(await definerFindings(session, reaches, powerful)),
    ...(await triggerFindings(session, reaches, powerful)),
    ...(await eventFindings(session, database.upstreamName, powerful)),
    ...(await unseenFindings(session, database.upstreamName)),
    ...(await openAccounts(session, logins)),
    ...(await serverFindings(session)),
  ];
}

/** What `roles apply` would change. */
function driftFindings(database: Database, state: ServerState): readonly Finding[] {
  return planAccounts(database, wantedAccounts(database, state.product), state)
    .filter(({ byHand }) => byHand !== true)
    .map(({ sql, because }) => ({ severity: 'warning', code: 'drift', meaning: because, mend: sql }));
}
