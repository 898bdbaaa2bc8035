import { deniedCommands, isDenied } from '../../core/index.ts';
import { argumentBytes, type Command, findOption, isOption, nameOf } from './command.ts';
import { containers } from './key-positions.ts';

/** The longest pattern: matching is recursive, and a long one has crashed servers (CVE-2024-31228). */
const mostPatternBytes = 1_024;
const withPatterns: ReadonlySet<string> = new Set([
  'SCAN',
  'HSCAN',
  'SSCAN',
  'ZSCAN',
  'PSUBSCRIBE',
  'PUNSUBSCRIBE',
  'PUBSUB',
  'COMMAND',
  'KEYS',
]);
/** What whoever is refused should do instead. Clients in cluster mode ask for the nodes, show this, and go no further. */
const instead: ReadonlyMap<string, string> = new Map([
  ['CLUSTER', ', which shows one server: use the client without its cluster mode'],
]);
/** Commands of which some forms only are refused. */
const withOptions: ReadonlySet<string> = new Set([
  'CLIENT',
  'COPY',
  'SELECT',
  'SORT',
  'SORT_RO',
  ...withPatterns,
]);

/**
 * Why a command may not reach the server, as the text of its error; undefined when it may. `database` is the number
 * that the session is for, `allowed` what the configuration takes from the list of refused commands.
 */
export function inspectCommand(
  name: string,
  command: Command,
  database: string,
  allowed?: ReadonlySet<string>,
): string | undefined {
  // For most commands the first argument is a key, and making a text of it costs as much as all that follows here.
  const isLooked = command.count > 1 && (containers.has(name) || deniedCommands.has(name));
  const subcommand = isLooked ? nameOf(command, 1) : undefined;
  if (name === 'impossible') return 'ERR unknown command';
  if (subcommand === 'impossible' && containers.has(name)) return `ERR unknown subcommand of ${name}`;
  if (isDenied(name, subcommand, allowed)) {
    const isPlain = subcommand !== undefined && subcommand !== 'odd' && subcommand !== 'impossible';
    return `NOPERM ${isPlain ? `${name} ${subcommand}` : name} is not offered through Grantway${instead.get(name) ?? ''}.`;
  }
  if (!withOptions.has(name)) return undefined;
  // What cannot be looked at as a whole could have an option at its end.
  if (!command.complete) return `ERR ${name} is longer than Grantway takes.`;
  return inspectOptions(name, command, database);
}

function inspectOptions(name: string, command: Command, database: string): string | undefined {
  const has = (option: string, from: number) => findOption(command, option, from) !== -1;
  switch (name) {
    case 'CLIENT':
      return isOption(command, 1, 'TRACKING') && has('REDIRECT', 3)
        ? 'NOPERM CLIENT TRACKING with REDIRECT is not offered through Grantway.'
        : undefined;
    case 'COPY':
      return has('DB', 3) ? 'NOPERM COPY with DB is not offered through Grantway.' : undefined;
    case 'SELECT':
      return command.count === 2 && argumentBytes(command, 1).toString('latin1') !== database
        ? `NOPERM This access is for database ${database} only.`
        : undefined;
    case 'SORT':
    case 'SORT_RO':
      return has('BY', 2) || has('GET', 2)
        ? `NOPERM ${name} with BY or GET is not offered through Grantway.`
        : undefined;
    default:
      return hasLongArgument(command)
        ? `ERR A pattern has at most ${mostPatternBytes} bytes here.`
        : undefined;
  }
}

function hasLongArgument({ arrived, starts, ends }: Command): boolean {
  for (let index = 0; index < arrived; index += 1) {
    if ((ends[index] ?? 0) - (starts[index] ?? 0) > mostPatternBytes) return true;
  }
  return false;
}
