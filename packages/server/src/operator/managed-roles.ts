import { type Database, Refusal, type Role, type Secret } from '../core/index.ts';
import type { PlannedStatement, RoleManager } from '../engines/index.ts';
import { type RoleRotation, RoleSecrets, rotateRole } from '../vault/index.ts';
import { configuredDatabase } from './configured-database.ts';
import { unfitSecrets } from './unfit-secrets.ts';
import { recordAdmin, type Workspace } from './workspace.ts';

/** What became of the secret of one managed role. */
export interface RotatedRole {
  readonly role: string;
  readonly outcome: RoleRotation['outcome'];
}

/** What {@link applyRoles} did. */
export interface AppliedRoles {
  readonly statements: readonly PlannedStatement[];
  /** Roles whose login had no secret that the server takes, and what came of giving them one. */
  readonly secrets: readonly RotatedRole[];
}

/** What to do beside the managed roles. */
export interface RoleOptions {
  /** Let nobody in any more who names no user. */
  readonly lockDefault?: boolean;
}

/** What `roles apply` would run on the database, in order. Changes nothing. @throws Refusal, also when there is no manager */
export async function planRoles(
  workspace: Workspace,
  name: string,
  options: RoleOptions = {},
): Promise<readonly PlannedStatement[]> {
  const managed = await managerOf(workspace, name);
  const { database, manager, password } = managed;
  const unfit = await unfitSecrets(manager, database, roleSecretsOf(workspace));
  const planned: readonly PlannedStatement[] = [
    ...(await manager.plan(database, password)),
    ...unfit.map(({ role, because }) => ({ sql: manager.passwordStatement(role), because })),
  ];
  if (!options.lockDefault) return planned;
  const locking = await lockDefault(managed, 'plan');
  // What the plan would leave to the administrator is now part of it.
  const left = planned.filter(
    ({ sql, byHand }) => byHand !== true || !locking.some((step) => step.sql.startsWith(sql)),
  );
  return [...left, ...locking];
}

/**
 * Brings the logins of a database's managed roles to the config, and gives a secret to each that has none which the
 * server takes; then locks the user of those who name none, if asked to. Running it again changes nothing.
 */
export async function applyRoles(
  workspace: Workspace,
  name: string,
  options: RoleOptions = {},
): Promise<AppliedRoles> {
  const managed = await managerOf(workspace, name);
  const { database, manager, password } = managed;
  await recordAdmin(workspace, 'roles_applied', name);
  const statements = await manager.apply(database, password);
  const secrets: RotatedRole[] = [];
  for (const { role } of await unfitSecrets(manager, database, roleSecretsOf(workspace)))
    secrets.push(await rotate(workspace, managed, role));
  // Last: until the roles are in, other programs may need it.
  const locking = options.lockDefault ? await lockDefault(managed, 'apply') : [];
  return { statements: [...statements, ...locking], secrets };
}

async function lockDefault(
  { database, manager, password }: ManagedDatabase,
  how: 'plan' | 'apply',
): Promise<readonly PlannedStatement[]> {
  if (manager.lockDefault === undefined) {
    throw new Refusal('request_invalid', {
      what: `--lock-default is for Redis and Valkey, and ${database.name} is ${database.engine}. Leave it out.`,
    });
  }
  return await manager.lockDefault(database, password, how);
}

/** Gives the logins of a database's managed roles, or of the one named, new secrets. Live sessions go on. */
export async function rotateRoles(
  workspace: Workspace,
  name: string,
  only: string | undefined,
): Promise<readonly RotatedRole[]> {
  const managed = await managerOf(workspace, name);
  const roles = managedRoles(managed.database).filter((role) => only === undefined || role.name === only);
  if (roles.length === 0) {
    throw new Refusal('request_invalid', {
      what: `The database "${name}" has no managed role ${only ?? ''}.`,
    });
  }
  const rotated: RotatedRole[] = [];
  for (const role of roles) {
    await recordAdmin(workspace, 'role_secret_rotated', `${name}/${role.name}`);
    rotated.push(await rotate(workspace, managed, role));
  }
  return rotated;
}

interface ManagedDatabase {
  readonly database: Database;
  readonly manager: RoleManager;
  readonly password: Secret;
}

async function rotate(workspace: Workspace, managed: ManagedDatabase, role: Role): Promise<RotatedRole> {
  const { outcome } = await rotateRole({
    manager: managed.manager,
    database: managed.database,
    role,
    managerSecret: managed.password,
    credentials: roleSecretsOf(workspace),
    locks: workspace.store.locks,
    clock: workspace.clock,
  });
  return { role: role.name, outcome };
}

function managedRoles({ roles }: Database): readonly Role[] {
  return roles.filter((role) => role.grants !== undefined);
}

/** The secrets of managed roles, as the workspace's store has them. */
export function roleSecretsOf({ vault, secrets, config }: Workspace): RoleSecrets {
  return new RoleSecrets({ vault, secrets, databases: () => config.databases });
}

async function managerOf(workspace: Workspace, name: string): Promise<ManagedDatabase> {
  const { secrets, roleManagers } = workspace;
  const database = configuredDatabase(workspace, name);
  const manager = roleManagers[database.engine];
  if (manager === undefined || database.manager === undefined) {
    throw new Refusal('request_invalid', {
      what: `The database "${name}" has no manager account. Add manager: { login, password } to it in the config.`,
    });
  }
  return { database, manager, password: await secrets.resolve(database.manager.password) };
}
