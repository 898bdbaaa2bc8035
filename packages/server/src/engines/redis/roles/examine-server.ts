import type { Database } from '../../../core/index.ts';
import type { Finding } from '../../role-manager.ts';
import { readModuleCommands, renamedCommands } from './command-findings.ts';
import type { ManagerConnection } from './connection.ts';
import { loginFindings } from './login-findings.ts';
import { planFindings } from './plan-findings.ts';
import { readServer } from './server-state.ts';
import { plannedStatement } from './step.ts';

/** What is dangerous or weak about one server and the users on it. Changes nothing. */
export async function examineServer(
  server: ManagerConnection,
  database: Database,
): Promise<readonly Finding[]> {
  const state = await readServer(server);
  const { catalog } = state;
  const managed = database.roles.flatMap(({ login, grants }) => (grants === undefined ? [] : [login]));
  const ours = new Set([...managed, database.manager?.login ?? '']);
  return [
    ...planFindings(state, ours).map((finding) => {
      const { sql: mend, because: meaning } = plannedStatement(finding);
      return { severity: finding.severity, code: finding.code, meaning, mend };
    }),
    ...(await renamedCommands(server, catalog)),
    ...loginFindings(database, { state, moduleCommands: await readModuleCommands(server) }),
  ];
}
