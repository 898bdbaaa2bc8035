/** Which commands of a name are refused: all, or those whose first argument is not one of these. */
type Denial = 'all' | { readonly except: ReadonlySet<string> };

const except = (...subcommands: readonly string[]): Denial => ({ except: new Set(subcommands) });

/**
 * What Grantway refuses of Redis by itself, whatever the role may do: a second layer over the ACL of the role's user. Here is
 * what reaches beyond a session (the server, its other clients, its replicas, its other databases), what a role cannot
 * bound (`SCAN` shows names, but `KEYS` blocks everybody meanwhile), and code that runs inside the server.
 *
 * `INFO` is left to the ACL: drivers ask it at every connect.
 */
export const deniedCommands: ReadonlyMap<string, Denial> = new Map<string, Denial>([
  // Rights and settings of the server.
  ['ACL', except('WHOAMI', 'CAT', 'HELP')],
  ['CONFIG', 'all'],
  ['DEBUG', 'all'],
  ['MODULE', 'all'],
  ['PFDEBUG', 'all'],
  ['PFSELFTEST', 'all'],
  // Its life, its disk, its replicas, its cluster.
  ['SHUTDOWN', 'all'],
  ['SAVE', 'all'],
  ['BGSAVE', 'all'],
  ['BGREWRITEAOF', 'all'],
  ['LASTSAVE', 'all'],
  ['REPLICAOF', 'all'],
  ['SLAVEOF', 'all'],
  ['FAILOVER', 'all'],
  ['ROLE', 'all'],
  ['PSYNC', 'all'],
  ['SYNC', 'all'],
  ['REPLCONF', 'all'],
  ['CLUSTER', except('INFO', 'KEYSLOT', 'HELP')],
  // What other people do.
  ['MONITOR', 'all'],
  ['LATENCY', 'all'],
  ['SLOWLOG', 'all'],
  ['COMMANDLOG', 'all'],
  ['MEMORY', except('USAGE', 'HELP')],
  [
    // REPLY takes answers away, CAPA and MAINT_NOTIFICATIONS bring addresses of servers.
    'CLIENT',
    except(
      'CACHING',
      'GETNAME',
      'GETREDIR',
      'HELP',
      'ID',
      'INFO',
      'NO-TOUCH',
      'SETINFO',
      'SETNAME',
      'TRACKING',
      'TRACKINGINFO',
    ),
  ],
  // Everybody's data, other databases, other servers.
  ['FLUSHALL', 'all'],
  ['FLUSHDB', 'all'],
  ['KEYS', 'all'],
  ['MIGRATE', 'all'],
  ['MOVE', 'all'],
  ['RESTORE', 'all'],
  ['RESTORE-ASKING', 'all'],
  ['SWAPDB', 'all'],
  // Code: sandboxes have been broken out of, and a script can select any database.
  ['EVAL', 'all'],
  ['EVAL_RO', 'all'],
  ['EVALSHA', 'all'],
  ['EVALSHA_RO', 'all'],
  ['FCALL', 'all'],
  ['FCALL_RO', 'all'],
  ['FUNCTION', except('HELP', 'LIST', 'STATS')],
  ['SCRIPT', except('EXISTS', 'HELP')],
]);

/**
 * What no configuration can allow. The answers of some are no answers, so that nobody could tell what belongs to whom;
 * what others leave in a connection, a server keeps over RESET, for the session that has it next.
 */
const neverAllowed: ReadonlySet<string> = new Set([
  ...['MONITOR', 'PSYNC', 'SYNC', 'REPLCONF', 'CLIENT REPLY'],
  ...['CLIENT CAPA', 'SCRIPT DEBUG'],
]);

/**
 * Whether the list has this command; `subcommand` is the first argument in capitals, if there is one. `allowed` is what
 * the administrator takes from the list: `KEYS`, `CLIENT LIST`.
 */
export function isDenied(
  name: string,
  subcommand: string | undefined,
  allowed: ReadonlySet<string> = nothing,
): boolean {
  const denial = deniedCommands.get(name);
  if (denial === undefined) return false;
  // Without a subcommand the server answers that there must be one.
  if (denial !== 'all' && (subcommand === undefined || denial.except.has(subcommand))) return false;
  const names = [name, `${name} ${subcommand}`];
  return names.some((one) => neverAllowed.has(one)) || !names.some((one) => allowed.has(one));
}

const nothing: ReadonlySet<string> = new Set();

/**
 * What it comes to when an administrator takes `command` from the list, `KEYS` or `CLIENT LIST` in capitals: it `counts`,
 * it is `never` allowed, or it is `not_listed`, so that nothing changes.
 */
export function allowingCommand(command: string): 'counts' | 'never' | 'not_listed' {
  const [name = '', subcommand] = command.split(' ');
  const denial = deniedCommands.get(name);
  if (denial === undefined) return 'not_listed';
  if (neverAllowed.has(name) || neverAllowed.has(command)) return 'never';
  const isOffered = denial !== 'all' && subcommand !== undefined && denial.except.has(subcommand);
  return isOffered ? 'not_listed' : 'counts';
}
