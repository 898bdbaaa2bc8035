import pg from 'pg';
import { Refusal } from '../../../core/index.ts';
import type { PlannedStatement } from '../../role-manager.ts';
import type { AclEntry } from './acl.ts';
import type { GrantableObject, ServerState } from './read-state.ts';
import type { ObjectKind, Privileges, WantedRole } from './wanted-roles.ts';

const quoted = pg.escapeIdentifier;

/**
 * The statements that bring `found` to `wanted`, in the order to run them; none when they agree. Pure. What a managed
 * login or group holds beyond its template is taken away again.
 * @throws Refusal `request_invalid` when a managed login is a superuser: it could become anybody (SET SESSION
 * AUTHORIZATION), and only an administrator may change that
 */
export function planRoles(wanted: readonly WantedRole[], found: ServerState): readonly PlannedStatement[] {
  for (const { login } of wanted) refuseSuperuser(login, found);
  const groups = new Map(wanted.map(({ group, privileges }) => [group, privileges]));
  return [
    ...[...groups.keys()].flatMap((group) => planGroup(group, found)),
    ...wanted.flatMap(({ login }) => planUser(login, found)),
    ...wanted.flatMap((role) => planMembership(role, found)),
    ...wanted.flatMap(({ login }) => planPrivileges({ name: login, kind: 'user', privileges: none }, found)),
    ...[...groups].flatMap(([name, privileges]) =>
      planPrivileges({ name, kind: 'group', privileges }, found),
    ),
  ];
}

const none: Privileges = { SCHEMA: [], TABLE: [] };

function refuseSuperuser(login: string, { users }: ServerState): void {
  if (users.get(login)?.superuser !== true) return;
  throw new Refusal('request_invalid', {
    what: `The login "${login}" is a superuser of the database and can become anybody there. As an administrator run: ALTER USER ${quoted(login)} NOCREATEUSER`,
  });
}

function planGroup(group: string, { groups }: ServerState): readonly PlannedStatement[] {
  if (groups.has(group)) return [];
  return [{ sql: `CREATE GROUP ${quoted(group)}`, because: `group ${group} is missing` }];
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

function planMembership({ login, group }: WantedRole, { groups }: ServerState): readonly PlannedStatement[] {
  const foreign = [...groups].filter(([name, members]) => name !== group && members.includes(login));
  return [
    ...foreign.map(([name]) => ({
      sql: `ALTER GROUP ${quoted(name)} DROP USER ${quoted(login)}`,
      because: `${login} is in the group ${name}`,
    })),
    ...(groups.get(group)?.includes(login)
      ? []
      : [
          {
            sql: `ALTER GROUP ${quoted(group)} ADD USER ${quoted(login)}`,
            because: `${login} is not in the group ${group}`,
          },
        ]),
  ];
}

interface Holder {
  readonly name: string;
  readonly kind: 'user' | 'group';
  readonly privileges: Privileges;
}

function planPrivileges(holder: Holder, found: ServerState): readonly PlannedStatement[] {
  const grantee = holder.kind === 'group' ? `GROUP ${quoted(holder.name)}` : quoted(holder.name);
  const held = (object: GrantableObject) =>
    object.acl.filter((entry) => isOf(entry, holder, found)).flatMap(({ privileges }) => privileges);
  const excess = byPrivileges(found.objects, (object) =>
    held(object).filter((one) => !holder.privileges[object.kind].includes(one)),
  );
  const missing = byPrivileges(found.objects, (object) =>
    holder.privileges[object.kind].filter(
      (one) => object.grantable.includes(one) && !held(object).includes(one),
    ),
  );
  return [
    ...excess.map(({ kind, privileges, objects }) => ({
      sql: `REVOKE ${privileges} ON ${kind} ${objects.join(', ')} FROM ${grantee}`,
      because: `${holder.name} holds ${privileges} on ${labels(objects)}`,
    })),
    ...missing.map(({ kind, privileges, objects }) => ({
      sql: `GRANT ${privileges} ON ${kind} ${objects.join(', ')} TO ${grantee}`,
      because: `${holder.name} lacks ${privileges} on ${labels(objects)}`,
    })),
  ];
}

/** An entry without a mark is a user's where there is a user of that name. */
function isOf({ grantee, marked }: AclEntry, { name, kind }: Holder, { users }: ServerState): boolean {
  if (grantee !== name) return false;
  return kind === 'group' ? marked || !users.has(name) : !marked;
}

interface Batch {
  readonly kind: ObjectKind;
  readonly privileges: string;
  readonly objects: string[];
}

/** One statement for all objects of a kind that need the same privileges. */
function byPrivileges(
  objects: readonly GrantableObject[],
  privilegesOf: (object: GrantableObject) => readonly string[],
): readonly Batch[] {
  const batches = new Map<string, Batch>();
  for (const object of objects) {
    const privileges = privilegesOf(object).join(', ');
    if (privileges === '') continue;
    const key = `${object.kind} ${privileges}`;
    const batch = batches.get(key) ?? { kind: object.kind, privileges, objects: [] };
    batch.objects.push(object.sql);
    batches.set(key, batch);
  }
  return [...batches.values()];
}

function labels(objects: readonly string[]): string {
  const more = objects.length - 3;
  return objects.slice(0, 3).join(', ') + (more > 0 ? ` and ${more} more` : '');
}
