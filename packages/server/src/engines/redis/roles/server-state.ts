import { Refusal } from '../../../core/index.ts';
import { CommandCatalog } from './command-catalog.ts';
import type { ManagerConnection } from './connection.ts';
import { infoField } from './info.ts';
import type { UserRights } from './parse-rules.ts';
import type { Rights } from './rights.ts';
import { sendCommand } from './send-command.ts';

/** The first version with selectors, and with key patterns for reading and writing apart. */
const oldestVersion = 7;

/** What one server knows of users, and how it is set up. */
export interface ServerState {
  readonly catalog: CommandCatalog;
  readonly users: ReadonlyMap<string, FoundUser>;
  /** Whether a user can be held to one database (Valkey 9.1 and newer). */
  readonly limitsDatabases: boolean;
  readonly settings: ServerSettings;
}

/** An ACL user as `ACL GETUSER` tells it. */
export interface FoundUser {
  readonly enabled: boolean;
  readonly takesAnyPassword: boolean;
  readonly passwords: number;
  readonly skipsPayloadChecks: boolean;
  readonly rights: UserRights;
  /** `db=0,3` or `alldbs`, of the user and of each selector; empty on servers that cannot limit it. */
  readonly databases: readonly string[];
}

/** Settings that decide who can come near the server, by name, as far as the manager account may read them. */
export interface ServerSettings {
  /** Where users are kept: the ACL file, else the configuration file; both empty when a restart forgets them. */
  readonly aclFile: string;
  readonly configFile: string;
  readonly bind: string;
  readonly port: number;
  readonly tlsPort: number;
  readonly protectedMode: boolean;
  /** Those of {@link startOnlySettings} that are on, for connections of this machine or of all. */
  readonly openCommands: readonly string[];
}

/** Reads the state of one server. Changes nothing. @throws Refusal `request_invalid` when it is too old */
export async function readServer(server: ManagerConnection): Promise<ServerState> {
  const { node } = server;
  const info = String(await sendCommand(server, ['INFO', 'server']));
  const version = infoField(info, 'redis_version') ?? '';
  if (Number.parseInt(version, 10) < oldestVersion) {
    throw new Refusal('request_invalid', {
      what: `${node.host}:${node.port} is version ${version}, and managed roles need ${oldestVersion} or newer.`,
    });
  }
  const names = strings(await sendCommand(server, ['ACL', 'USERS']));
  const answers = await Promise.all(names.map((name) => sendCommand(server, ['ACL', 'GETUSER', name])));
  // A user may be gone between the two.
  const users = names.flatMap((name, index) => {
    const fields = fieldsOf(answers[index]);
    return fields.size === 0 ? [] : [[name, foundUser(fields)] as const];
  });
  return {
    catalog: await readCatalog(server),
    users: new Map(users),
    limitsDatabases: users.some(([, { databases }]) => databases.length > 0),
    settings: await readSettings(server),
  };
}

async function readCatalog(server: ManagerConnection): Promise<CommandCatalog> {
  const commands = names(await sendCommand(server, ['COMMAND', 'LIST']));
  const categoryNames = strings(await sendCommand(server, ['ACL', 'CAT']));
  const categories = await Promise.all(
    categoryNames.map(
      async (name) => [name, new Set(names(await sendCommand(server, ['ACL', 'CAT', name])))] as const,
    ),
  );
  return new CommandCatalog(commands, new Map(categories));
}

/** Modules may write the names of their commands in capitals, and the rules of a user have them small. */
function names(reply: unknown): readonly string[] {
  return strings(reply).map((name) => name.toLowerCase());
}

/** Settings that open commands which step out of the server itself; a start alone changes them (Redis 7 and newer, Valkey). */
const startOnlySettings = [
  'enable-debug-command',
  'enable-module-command',
  'enable-protected-configs',
] as const;

/** Reads the settings alone. */
export async function readSettings(server: ManagerConnection): Promise<ServerSettings> {
  const info = String(await sendCommand(server, ['INFO', 'server']));
  const settings = fieldsOf(
    await sendCommand(server, [
      'CONFIG',
      'GET',
      'aclfile',
      'bind',
      'port',
      'tls-port',
      'protected-mode',
      ...startOnlySettings,
    ]),
  );
  const text = (name: string) => String(settings.get(name) ?? '');
  return {
    aclFile: text('aclfile'),
    configFile: infoField(info, 'config_file') ?? '',
    bind: text('bind'),
    port: Number(text('port')),
    tlsPort: Number(text('tls-port')),
    protectedMode: text('protected-mode') === 'yes',
    openCommands: startOnlySettings.filter((name) => ['yes', 'local'].includes(text(name))),
  };
}

function foundUser(fields: ReadonlyMap<string, unknown>): FoundUser {
  const flags = strings(fields.get('flags'));
  const selectors = list(fields.get('selectors')).map(fieldsOf);
  return {
    enabled: flags.includes('on'),
    takesAnyPassword: flags.includes('nopass'),
    passwords: strings(fields.get('passwords')).length,
    skipsPayloadChecks: flags.includes('skip-sanitize-payload'),
    rights: { root: rightsIn(fields), selectors: selectors.map(rightsIn) },
    databases: [fields, ...selectors].flatMap((own) => {
      const databases = own.get('databases');
      return typeof databases === 'string' ? [databases] : [];
    }),
  };
}

function rightsIn(fields: ReadonlyMap<string, unknown>): Rights {
  const words = (name: string) =>
    String(fields.get(name) ?? '')
      .split(' ')
      .filter(Boolean);
  return { commands: words('commands'), keys: words('keys'), channels: words('channels') };
}

/** A reply of alternating names and values. */
function fieldsOf(reply: unknown): ReadonlyMap<string, unknown> {
  const items = list(reply);
  return new Map(
    items.flatMap((name, index) => (index % 2 === 0 ? [[String(name), items[index + 1]] as const] : [])),
  );
}

function strings(reply: unknown): readonly string[] {
  return list(reply).map(String);
}

function list(reply: unknown): readonly unknown[] {
  return Array.isArray(reply) ? reply : [];
}
