import type { Finding } from '../../role-manager.ts';
import type { FoundUser, ServerState } from './server-state.ts';
import type { Step } from './step.ts';

/** A step that is the administrator's, and how bad it is to leave it. */
export interface RedisFinding extends Step, Pick<Finding, 'severity' | 'code'> {}

/**
 * What makes the server easier to enter than through Grantway. None of it is for `apply` to change: other programs may
 * live by it (whoever names no user is `default`), so each is shown with what the administrator would run.
 */
export function planFindings(state: ServerState, ours: ReadonlySet<string>): readonly RedisFinding[] {
  return [
    ...userFindings(state, ours),
    ...networkFindings(state),
    ...openedFindings(state),
    ...keepingFindings(state),
  ].map((step) => ({
    ...step,
    byHand: true as const,
  }));
}

type Found = Omit<RedisFinding, 'byHand'>;

function userFindings({ users, catalog }: ServerState, ours: ReadonlySet<string>): readonly Found[] {
  return [...users].flatMap(([name, user]) => {
    if (ours.has(name) || !user.enabled) return [];
    const reasons = [
      ...(user.takesAnyPassword ? ['needs no password'] : []),
      ...(mayEverything(user, catalog) ? ['may run every command'] : []),
    ];
    if (reasons.length === 0) return [];
    const because = `login ${name} ${reasons.join(' and ')}, so whoever reaches the server needs no Grantway`;
    const words = name === 'default' || user.takesAnyPassword ? ['off'] : ['-@admin', '-@dangerous'];
    const code = user.takesAnyPassword ? 'user_without_password' : 'user_may_everything';
    return [{ severity: 'danger', code, words: ['ACL', 'SETUSER', name, ...words], because }];
  });
}

function mayEverything({ rights }: FoundUser, catalog: ServerState['catalog']): boolean {
  const allowed = catalog.allowed(rights.root.commands);
  return (catalog.named('@all') ?? new Set()).isSubsetOf(allowed);
}

function networkFindings({
  settings: { bind, port, tlsPort, protectedMode },
}: ServerState): readonly Found[] {
  if (bind.split(' ').every(isLoopback)) return [];
  return [
    ...(protectedMode
      ? []
      : [
          {
            severity: 'warning' as const,
            code: 'protected_mode_off',
            words: ['CONFIG', 'SET', 'protected-mode', 'yes'] as const,
            because: 'protected-mode is off, and the server can be reached from other machines',
          },
        ]),
    ...(tlsPort === 0
      ? [
          {
            severity: 'danger' as const,
            code: 'no_tls',
            words: ['CONFIG', 'SET', 'tls-port', String(port)] as const,
            because: 'the server offers no TLS: passwords and data cross the network in clear text',
          },
        ]
      : []),
    ...(tlsPort !== 0 && port !== 0
      ? [
          {
            severity: 'warning' as const,
            code: 'clear_port',
            words: ['CONFIG', 'SET', 'port', '0'] as const,
            because: `port ${port} takes clients in clear text beside TLS`,
          },
        ]
      : []),
  ];
}

/** An entry of `bind`; one that may be missing on the machine has a `-` in front. No entry at all means every address. */
function isLoopback(entry: string): boolean {
  return /^-?(127\.[\d.]+|::1|localhost)$/.test(entry);
}

/** With these an administrator of the data becomes one of the machine: MODULE loads code, DEBUG and paths reach files. */
function openedFindings({ settings: { openCommands } }: ServerState): readonly Found[] {
  return openCommands.map((setting) => ({
    severity: 'warning' as const,
    code: 'commands_opened',
    words: [setting, 'no'] as const,
    because: `${setting} lets an administrator of the data reach the machine; change it in the configuration file and restart`,
  }));
}

function keepingFindings({ settings: { aclFile, configFile } }: ServerState): readonly Found[] {
  if (aclFile !== '' || configFile !== '') return [];
  return [
    {
      severity: 'warning',
      code: 'users_not_kept',
      words: ['aclfile', '/etc/redis/users.acl'],
      because:
        'the server keeps its users in memory alone, and a restart forgets them; name a file for them in its configuration',
    },
  ];
}
