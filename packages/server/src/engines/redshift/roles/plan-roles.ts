import pg from 'pg';
import { Refusal } from '../../../core/index.ts';
import type { PlannedStatement } from '../../role-manager.ts';
import { planDefaultPrivileges } from './plan-default-privileges.ts';
import type { ServerState } from './read-state.ts';
import type { ObjectKind, Privileges, WantedRole } from './wanted-roles.ts';

const quoted = pg.escapeIdentifier;

/**
 * The statements that bring `found` to `wanted`, in the order to run them; none when they agree. Pure. What a managed
 * login or its role holds beyond its template is taken away again.
 * @throws Refusal `request_invalid` when a managed login is a superuser: it could become anybody (SET SESSION
 * AUTHORIZATION), and only an administrator may change that
 */
export function planRoles(wanted: readonly WantedRole[], found: ServerState): readonly PlannedStatement[] {
  for (const { login } of wanted) refuseSuperuser(login, found);
  const roles = new Map(wanted.map(({ role, privileges }) => [role, privileges]));
  return [
    ...[...roles.keys()].flatMap((role) => planRole(role, found)),
    ...wanted.flatMap(({ login }) => planUser(login, found)),
    ...wanted.flatMap((one) => planMembership(one, found)),
    ...wanted.flatMap(({ login }) => planPrivileges({ name: login, kind: 'user', privileges: none }, found)),
    ...[...roles].flatMap(([name, privileges]) => planPrivileges({ name, kind: 'role', privileges }, found)),
    ...planDefaultPrivileges(wanted, found),
  ];
}

const none: Privileges = { SCHEMA: [], TABLE: [] };

function refuseSuperuser(login: string, { users }: ServerState): void {
  if (users.get(login)?.superuser !== true) return;
  throw new Refusal('request_invalid', {
    what: `The login "${login}" is a superuser of the database and can become anybody there. As an administrator run: ALTER USER ${quoted(login)} NOCREATEUSER`,
  });
}

function planRole(role: string, { roles }: ServerState): readonly PlannedStatement[] {
  return roles.has(role) ? [] : [{ sql: `CREATE ROLE ${quoted(role)}`, because: `role ${role} is missing` }];
}

function planUser(login: string, { users }: ServerState): readonly PlannedStatement[] {
  const user = users.get(login);
  if (user === undefined) {
    // It gets its password by the rotation, after this.
    return [{ sql: `CREATE USER ${quoted(login)} PASSWORD DISABLE`, because: `login ${login} is missing` }];
  }
  if (!user.createDb) return [];
  return [{ sql: `ALTER USER ${quoted(login)} NOCREATEDB`, because: `${login} can make databases` }];
}

function planMembership({ login, role }: WantedRole, { users }: ServerState): readonly PlannedStatement[] {
  const { roles = [], groups = [] } = users.get(login) ?? {};
  return [
    ...roles
      .filter((other) => other !== role)
      .map((other) => ({
        sql: `REVOKE ROLE ${quoted(other)} FROM ${quoted(login)}`,
        because: `${login} has the role ${other}`,
      })),
    // Only a superuser changes groups.
    ...groups.map((group) => ({
      sql: `ALTER GROUP ${quoted(group)} DROP USER ${quoted(login)}`,
      because: `${login} is in the group ${group}`,
      byHand: true as const,
    })),
    ...(roles.includes(role)
      ? []
      : [
          {
            sql: `GRANT ROLE ${quoted(role)} TO ${quoted(login)}`,
            because: `${login} lacks the role ${role}`,
          },
        ]),
  ];
}

interface Holder {
  readonly name: string;
  readonly kind: 'user' | 'role';
  readonly privileges: Privileges;
}

function planPrivileges(holder: Holder, found: ServerState): readonly PlannedStatement[] {
  const grantee = holder.kind === 'role' ? `ROLE ${quoted(holder.name)}` : quoted(holder.name);
  const held = found.held.filter(
    ({ grantee: name, granteeKind }) => name === holder.name && granteeKind === holder.kind,
  );
  const excess = held.filter(({ kind, privilege }) => !holder.privileges[kind].includes(privilege));
  const missing = found.objects.flatMap(({ kind, sql, grantable }) =>
    holder.privileges[kind]
      .filter((one) => grantable.includes(one))
      .filter((one) => !held.some((has) => has.sql === sql && has.kind === kind && has.privilege === one))
      .map((privilege) => ({ kind, sql, privilege })),
  );
  const scoped = found.scoped.filter(
    ({ grantee: name, granteeKind, privilege }) =>
      name === holder.name && granteeKind === holder.kind && !holder.privileges.TABLE.includes(privilege),
  );
  return [
    ...scoped.map(({ schema, privilege }) => ({
      sql: `REVOKE ${privilege} FOR TABLES IN SCHEMA ${schema} FROM ${grantee}`,
      because: `${holder.name} holds ${privilege} on all tables of ${schema}, also later ones`,
    })),
    ...byPrivileges(excess).map(({ kind, privileges, objects }) => ({
      sql: `REVOKE ${privileges} ON ${kind} ${objects.join(', ')} FROM ${grantee}`,
      because: `${holder.name} holds ${privileges} on ${labels(objects)}`,
    })),
    ...byPrivileges(missing).map(({ kind, privileges, objects }) => ({
      sql: `GRANT ${privileges} ON ${kind} ${objects.join(', ')} TO ${grantee}`,
      because: `${holder.name} lacks ${privileges} on ${labels(objects)}`,
    })),
  ];
}

interface Change {
  readonly kind: ObjectKind;
  readonly sql: string;
  readonly privilege: string;
}

interface Batch {
  readonly kind: ObjectKind;
  readonly privileges: string;
  readonly objects: string[];
}

/** One statement for all objects of a kind that need the same privileges. */
function byPrivileges(changes: readonly Change[]): readonly Batch[] {
  const objects = new Map<
    string,
    { readonly kind: ObjectKind; readonly sql: string; readonly all: string[] }
  >();
  for (const { kind, sql, privilege } of changes) {
    const object = objects.get(`${kind} ${sql}`) ?? { kind, sql, all: [] };
    object.all.push(privilege);
    objects.set(`${kind} ${sql}`, object);
  }
  const batches = new Map<string, Batch>();
  for (const { kind, sql, all } of objects.values()) {
    const privileges = all.join(', ');
    const batch = batches.get(`${kind} ${privileges}`) ?? { kind, privileges, objects: [] };
    batch.objects.push(sql);
    batches.set(`${kind} ${privileges}`, batch);
  }
  return [...batches.values()];
}

/** The first of them, and how many more there are. */
export function labels(objects: readonly string[]): string {
  const more = objects.length - 3;
  return objects.slice(0, 3).join(', ') + (more > 0 ? ` and ${more} more` : '');
}
