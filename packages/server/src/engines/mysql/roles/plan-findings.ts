import type { Role } from '../../../core/index.ts';
import type { Finding } from '../../role-manager.ts';
import { bestPlugin, strongPlugins } from './password-plugins.ts';
import { identifiedByNothing, setPasswordSql } from './password-verifier.ts';
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
export function planFindings({ roles, tls }: MappedLogins, state: ServerState): readonly Finding[] {
  const managed = new Set(roles.filter(({ grants }) => grants !== undefined).map(({ login }) => login));
  const findings = state.accounts.flatMap((one) => {
    if (one.name === '' || (managed.has(one.name) && one.host !== '%')) return shadow(one);
    return managed.has(one.name) ? weakPlugin(one, state) : mappedLogin(one, state, tls);
  });
  return [...pluginOfServer(state), ...findings];
}

/** The server takes the account whose host fits best, and a name only then: these get connections that are not theirs. */
function shadow({ name, host, sql }: AccountState): readonly Finding[] {
  const meaning =
    name === ''
      ? `the account without a name takes connections from ${host} before the logins of roles`
      : `connections of ${name} from ${host} get another account than the one that the role has`;
  const code = name === '' ? 'account_without_name' : 'account_in_front';
  return [{ severity: 'danger', code, mend: `DROP USER ${sql}`, meaning }];
}

function weakPlugin(found: AccountState, { product, plugins }: ServerState): readonly Finding[] {
  const best = bestPlugin(product, plugins);
  if (found.locked || strongPlugins.has(found.plugin) || found.plugin === best) return [];
  return [
    {
      severity: 'warning',
      code: 'weak_plugin',
      mend: setPasswordSql(found.sql, best, '…'),
      meaning: `login ${found.name} signs in by ${found.plugin}; a rotation of its secret moves it to ${best}`,
    },
  ];
}

function pluginOfServer({ product, plugins }: ServerState): readonly Finding[] {
  if (strongPlugins.has(bestPlugin(product, plugins))) return [];
  return [
    {
      severity: 'note',
      code: 'no_strong_plugin',
      mend: `INSTALL SONAME 'auth_ed25519'`,
      meaning: 'the server has no better plugin for passwords than mysql_native_password',
    },
  ];
}

function mappedLogin(found: AccountState, state: ServerState, tls: boolean): readonly Finding[] {
  const { name, sql, holds } = found;
  const global = holds.filter(({ kind }) => kind === 'server').map(({ privilege }) => privilege);
  return [
    ...weakPlugin(found, state),
    ...(found.emptyPassword && !found.locked
      ? [
          {
            severity: 'danger' as const,
            code: 'empty_password',
            mend: `ALTER USER ${sql} ${identifiedByNothing[state.product]}`,
            meaning: `login ${name} is open to everybody without a password`,
          },
        ]
      : []),
    ...(tls && found.tls === ''
      ? [
          {
            severity: 'warning' as const,
            code: 'login_without_tls',
            mend: `ALTER USER ${sql} REQUIRE SSL`,
            meaning: `login ${name} may sign in without TLS`,
          },
        ]
      : []),
    ...(global.length === 0
      ? []
      : [
          {
            severity: 'danger' as const,
            code: 'global_privilege',
            mend: `REVOKE ${global.join(', ')} ON *.* FROM ${sql}`,
            meaning: `login ${name} holds ${global.join(', ')} on the whole server`,
          },
        ]),
    ...holds
      .filter(({ kind }) => kind === 'proxy')
      .map(
        ({ object }): Finding => ({
          severity: 'danger' as const,
          code: 'may_proxy',
          mend: `REVOKE PROXY ON ${object} FROM ${sql}`,
          meaning: `login ${name} may become ${object}`,
        }),
      ),
  ];
}
