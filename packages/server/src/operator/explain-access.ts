import { Refusal } from '../core/index.ts';
import { explain, type RoleExplanation } from '../policy/index.ts';
import { configuredDatabase } from './configured-database.ts';
import { personIdOf, storedPrincipal } from './people.ts';
import type { Workspace } from './workspace.ts';

/** Which rule gives which role of a database to a person, and why. @throws Refusal `request_invalid` */
export async function explainAccess(
  workspace: Workspace,
  name: string,
  user: string,
  clientId: string,
): Promise<readonly RoleExplanation[]> {
  const database = configuredDatabase(workspace, name);
  const principal = await storedPrincipal(workspace, personIdOf(user));
  if (principal === undefined) {
    throw new Refusal('request_invalid', {
      what: `Nobody called "${user}" is known. People of another sign-in method are known after their first sign-in.`,
    });
  }
  return explain(principal, clientId, database);
}
