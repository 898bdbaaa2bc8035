import { type Database, Refusal, type Secret } from '../core/index.ts';
import type { PlannedStatement, RoleManager } from '../engines/role-manager.ts';
import { recordAdmin, type Workspace } from './workspace.ts';

/** What `roles apply` would run on the database, in order. Changes nothing. @throws Refusal, also when there is no manager */
export async function planRoles(workspace: Workspace, name: string): Promise<readonly PlannedStatement[]> {
  const { database, manager, password } = await managerOf(workspace, name);
  return manager.plan(database, password);
}

/** Brings the logins of a database's managed roles to the config; running it again changes nothing. */
export async function applyRoles(workspace: Workspace, name: string): Promise<readonly PlannedStatement[]> {
  const { database, manager, password } = await managerOf(workspace, name);
  await recordAdmin(workspace, 'roles_applied', name);
  return manager.apply(database, password);
}

/** A database of the config with its manager account. @throws Refusal `database_unknown`, `request_invalid` */
export async function managerOf(
  { config, secrets, roleManagers }: Workspace,
  name: string,
): Promise<{ readonly database: Database; readonly manager: RoleManager; readonly password: Secret }> {
  const database = config.databases.get(name);
  if (database === undefined) throw new Refusal('database_unknown', { database: name });
  const manager = roleManagers[database.engine];
  if (manager === undefined || database.manager === undefined) {
    throw new Refusal('request_invalid', {
      what: `The database "${name}" has no manager account. Add manager: { login, password } to it in the config.`,
    });
  }
  return { database, manager, password: await secrets.resolve(database.manager.password) };
}
