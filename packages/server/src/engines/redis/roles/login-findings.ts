import type { Database } from '../../../core/index.ts';
import type { Finding } from '../../role-manager.ts';
import { list, reachingOut } from './check-rights.ts';
import type { CommandCatalog } from './command-catalog.ts';
import { defaultUser } from './lock-default.ts';
import type { Rights } from './rights.ts';
import type { FoundUser, ServerState } from './server-state.ts';

/** What `doctor` asks of a server beside what a plan needs. */
export interface LoginSurroundings {
  readonly state: ServerState;
  /** Commands that modules brought. */
  readonly moduleCommands: ReadonlySet<string>;
}

/**
 * What is dangerous or worth knowing about the logins of roles, above all of those that Grantway did not make, and about
 * users that the configuration does not know. A selector counts as much as the user's own rights.
 */
export function loginFindings(database: Database, surroundings: LoginSurroundings): readonly Finding[] {
  const { users } = surroundings.state;
  const known = new Set([...database.roles.map(({ login }) => login), database.manager?.login, defaultUser]);
  const ours = [...database.roles.filter(({ grants }) => grants !== undefined), database.manager].flatMap(
    (one) => one?.login ?? [],
  );
  return [
    ...ours.flatMap((login) => (users.get(login)?.takesAnyPassword ? [open(login)] : [])),
    ...database.roles.flatMap(({ login, grants }) => {
      const user = users.get(login);
      if (user === undefined) return [missing(login)];
      return [
        ...rightsFindings(login, user, surroundings, grants !== undefined),
        ...(grants === undefined ? reachFindings(login, user) : []),
      ];
    }),
    ...[...users].flatMap(([name, { enabled }]) => (enabled && !known.has(name) ? [unknown(name)] : [])),
  ];
}

function open(login: string): Finding {
  return {
    severity: 'danger',
    code: 'user_without_password',
    meaning: `login ${login} needs no password, so whoever reaches the server needs no Grantway`,
    mend: `ACL SETUSER ${login} resetpass`,
  };
}

function missing(login: string): Finding {
  return {
    severity: 'warning',
    code: 'login_missing',
    meaning: `login ${login} of a role is not there, so that nobody can be that role`,
    mend: `ACL SETUSER ${login} on …`,
  };
}

function unknown(name: string): Finding {
  return {
    severity: 'note',
    code: 'user_unknown',
    meaning: `user ${name} is no login of the configuration; whoever has its password needs no Grantway`,
    mend: `ACL DELUSER ${name}`,
  };
}

/** `managed` has what its template or rules say, and a plan shows what it has beyond. */
function rightsFindings(
  login: string,
  { rights }: FoundUser,
  { state: { catalog }, moduleCommands }: LoginSurroundings,
  managed: boolean,
): readonly Finding[] {
  const allowed = [rights.root, ...rights.selectors].reduce<ReadonlySet<string>>(
    (all, { commands }) => all.union(catalog.allowed(commands)),
    new Set(),
  );
  const admin = allowed.intersection(adminCommands(catalog));
  const dangerous = allowed.intersection(catalog.category('dangerous')).difference(admin);
  const modules = allowed.intersection(moduleCommands);
  return [
    ...(admin.size === 0
      ? []
      : [
          {
            severity: 'danger' as const,
            code: 'login_admin_commands',
            meaning: `login ${login} of a role may run ${list(admin)}, with which it can leave the role or reach other servers`,
            mend: `ACL SETUSER ${login} -@admin ${reachingOut.map((name) => `-${name}`).join(' ')}`,
          },
        ]),
    ...(managed || dangerous.size === 0
      ? []
      : [
          {
            severity: 'warning' as const,
            code: 'login_dangerous_commands',
            meaning: `login ${login} of a role may run ${list(dangerous)}, which the server calls @dangerous`,
            mend: `ACL SETUSER ${login} -@dangerous`,
          },
        ]),
    ...(managed || modules.size === 0
      ? []
      : [
          {
            severity: 'note' as const,
            code: 'login_module_commands',
            meaning: `login ${login} of a role may run ${list(modules)}, which a module brought; what they do, the module decides`,
            mend: `ACL SETUSER ${login} ${[...modules].map((name) => `-${name}`).join(' ')}`,
          },
        ]),
  ];
}

/** @admin, and what sends keys to any host. */
function adminCommands(catalog: CommandCatalog): ReadonlySet<string> {
  return catalog.category('admin').union(new Set(reachingOut));
}

/** Which keys and channels somebody reaches whose rights Grantway did not write. */
function reachFindings(login: string, { rights }: FoundUser): readonly Finding[] {
  const all = [rights.root, ...rights.selectors];
  const note = (code: string, meaning: string, mend: string): Finding => ({
    severity: 'note',
    code,
    meaning: `login ${login} of a role ${meaning}`,
    mend: `ACL SETUSER ${login} ${mend}`,
  });
  const keys = all.flatMap((own) => everyKey(own));
  return [
    ...(keys.length === 0
      ? []
      : [note('login_every_key', `reaches every key (${[...new Set(keys)].join(', ')})`, 'resetkeys ~…')]),
    ...(all.some(({ channels }) => channels.includes('&*'))
      ? [note('login_every_channel', 'reaches every channel', 'resetchannels &…')]
      : []),
    ...(rights.selectors.length === 0
      ? []
      : [
          note(
            'login_selectors',
            `has ${rights.selectors.length} selectors, each of which gives rights beside its own`,
            'clearselectors',
          ),
        ]),
  ];
}

/** The patterns that match every key, for reading or for writing. */
function everyKey({ keys }: Rights): readonly string[] {
  return keys.filter((pattern) => /^(~|%[RW]+~)\*+$/.test(pattern));
}
