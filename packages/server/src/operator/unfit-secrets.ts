import type { Database, Role, Secret } from '../core/index.ts';
import type { RoleManager } from '../engines/index.ts';
import type { RoleSecrets } from '../vault/index.ts';

/** A managed role that nobody can use: the gateway has nothing that the server lets its login in with. */
export interface UnfitSecret {
  readonly role: Role;
  /** What is wrong, one clause; no secret is in it. */
  readonly because: string;
}

/**
 * The managed roles of a database that have no secret yet, or one that the server does not take: a backup of the store was
 * restored that is older than the last rotation, or somebody changed the password at the server, or locked the login.
 */
export async function unfitSecrets(
  manager: Pick<RoleManager, 'accepts'>,
  database: Database,
  credentials: Pick<RoleSecrets, 'current'>,
): Promise<readonly UnfitSecret[]> {
  const found: UnfitSecret[] = [];
  for (const role of database.roles) {
    if (role.grants === undefined) continue;
    const current: Secret | undefined = await credentials.current(database.name, role.name);
    if (current === undefined) found.push({ role, because: `the role ${role.name} has no secret yet` });
    else if (!(await manager.accepts(database, role, current)))
      found.push({
        role,
        because: `the server refuses the login ${role.login} with the secret in the store: a backup was restored, the password was changed at the server, or the login is locked there`,
      });
  }
  return found;
}
