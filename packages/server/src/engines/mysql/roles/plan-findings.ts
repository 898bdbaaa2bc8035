import type { Role } from '../../../core/index.ts';
import type { PlannedStatement } from '../../role-manager.ts';
import { account } from './identifier.ts';
import { bestPlugin, strongPlugins } from './password-plugins.ts';
import { setPasswordSql } from './password-verifier.ts';
import type { AccountState, ServerState } from './server-state.ts';

/** What the findings must know of the configuration. */
export interface MappedLogins {
  readonly roles: readonly Pick<Role, 'login' | 'grants'>[];
  readonly tls: boolean;
}

/**
 * What makes a mapped login, managed or not, weaker than it should be, and that `apply` leaves alone: passwords are a
 * rotation's, and logins with a password in the configuration are the administrator's.
 */
export function planFindings({ roles, tls }: MappedLogins, state: ServerState): readonly PlannedStatement[] {
  const managed = new Set(roles.filter(({ grants }) => grants !== undefined).map(({ login }) => login));
  const findings = state.accounts.flatMap((one) => {
    if (one.name === '' || (managed.has(one.name) && one.host !== '%')) return shadow(one);
    return managed.has(one.name) ? weakPlugin(one, state) : doctor(one, state, tls);
  });
  return [...pluginOfServer(state), ...findings].map((finding) => ({ ...finding, byHand: true }));
}

type Finding = Omit<PlannedStatement, 'byHand'>;

/** The server takes the account whose host fits best, and a name only then: these get connections that are not theirs. */
function shadow({ name, host }: AccountState): readonly Finding[] {
  const because =
    name === ''
      ? `the account without a name takes connections from ${host} before the logins of roles`
      : `connections of ${name} from ${host} get another account than the one that the role has`;
  return [{ sql: `DROP USER ${account(name, host)}`, because }];
}

function weakPlugin(found: AccountState, { product, plugins }: ServerState): readonly Finding[] {
  const best = bestPlugin(product, plugins);
  if (found.locked || strongPlugins.has(found.plugin) || found.plugin === best) return [];
  return [
    {
      sql: setPasswordSql(account(found.name, found.host), best, '…'),
      because: `login ${found.name} signs in by ${found.plugin}; a rotation of its secret moves it to ${best}`,
    },
  ];
}

function pluginOfServer({ product, plugins }: ServerState): readonly Finding[] {
  if (strongPlugins.has(bestPlugin(product, plugins))) return [];
  return [
    {
      sql: `INSTALL SONAME 'auth_ed25519'`,
      because: 'the server has no better plugin for passwords than mysql_native_password',
    },
  ];
}

function doctor(found: AccountState, state: ServerState, tls: boolean): readonly Finding[] {
  const { name, host, holds } = found;
  const sql = account(name, host);
  const global = holds.filter(({ kind }) => kind === 'server').map(({ privilege }) => privilege);
  return [
    ...weakPlugin(found, state),
    ...(found.emptyPassword && !found.locked
      ? [
          {
            sql: `ALTER USER ${sql} ACCOUNT LOCK`,
            because: `login ${name} is open to everybody without a password`,
          },
        ]
      : []),
    ...(tls && found.tls === ''
      ? [{ sql: `ALTER USER ${sql} REQUIRE SSL`, because: `login ${name} may sign in without TLS` }]
      : []),
    ...(global.length === 0
      ? []
      : [
          {
            sql: `REVOKE ${global.join(', ')} ON *.* FROM ${sql}`,
            because: `login ${name} holds ${global.join(', ')} on the whole server`,
          },
        ]),
    ...holds
      .filter(({ kind }) => kind === 'proxy')
      .map(({ object }) => ({
        sql: `REVOKE PROXY ON ${object} FROM ${sql}`,
        because: `login ${name} may become ${object}`,
      })),
  ];
}
