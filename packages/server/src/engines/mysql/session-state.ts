import type { Wire } from '../framing/index.ts';
import type { SessionReading } from './kill-guard.ts';
import { command, status } from './protocol.ts';
import { serverName } from './server-name.ts';
import { commandPayload, queryRow, runCommands } from './wire-commands.ts';

/** What a session has right after its login and a reset does not bring back. */
export interface SessionState {
  /** Which server it is on: the value of {@link serverName}. */
  readonly server: string;
  /** The statements that bring it back; undefined when it cannot be brought back. */
  readonly restore: readonly string[] | undefined;
  /** The status flags of the login. */
  readonly status: number;
  /** How the session's statements are read. */
  readonly reading: SessionReading;
}

/** Variables that the handshake sets (character set, CLIENT_IGNORE_SPACE, CLIENT_INTERACTIVE), and a reset does not. */
const handshakeVariables = [
  'character_set_client',
  'character_set_results',
  'collation_connection',
  'sql_mode',
  'wait_timeout',
] as const;

const question = `@@global.character_set_client, CURRENT_ROLE(), @@init_connect, ${handshakeVariables.map((name) => `@@${name}`).join(', ')}`;

/** What may stand between quotes: names of character sets and modes, numbers. */
const plainValue = /^[\w,]*$/;

/**
 * Asks a fresh session for what a reset must restore. A session whose server runs statements of its own at each login
 * (`init_connect`), or whose default role has a name that we cannot spell safely, is never used twice.
 *
 * `undefined` when the server does not answer as MySQL 8 or MariaDB do. @throws ServerBrokeProtocol, PayloadTooShort
 */
export async function readSessionState(
  wire: Wire,
  capabilities: number,
  isMariaDb: boolean,
  loginStatus: number,
): Promise<SessionState | undefined> {
  const row = await queryRow(wire, `SELECT ${serverName(isMariaDb)}, ${question}`, capabilities);
  if (row === undefined) return undefined;
  const [server = null, defaultCharacterSet = null, role = null, initConnect = null, ...values] = row;
  const setRole = isMariaDb ? setMariaDbRole(role) : 'SET ROLE DEFAULT';
  const plain = values.every((value) => value !== null && plainValue.test(value));
  const [characterSet = null, , , sqlMode = null] = values;
  const characterSets = [characterSet ?? '', defaultCharacterSet ?? ''];
  const reading = { characterSets, sqlMode: sqlMode ?? '' };
  const known = { server: server ?? '', status: loginStatus, reading };
  if (setRole === undefined || !plain || (initConnect !== null && initConnect !== '')) {
    return { ...known, restore: undefined };
  }
  const assignments = handshakeVariables.map((name, index) => `${name} = ${quoted(values[index] ?? '')}`);
  const setNames = setHandshakeNames(values);
  return { ...known, restore: [setRole, `SET ${assignments.join(', ')}`, ...setNames] };
}

/**
 * The handshake names one collation for everything. Results are then labelled with it, and not with the usual one of
 * their character set, which is all that `character_set_results` can say: `SET NAMES … COLLATE` brings that back too.
 */
function setHandshakeNames(values: readonly (string | null)[]): readonly string[] {
  const [client = null, results = null, collation = null] = values;
  if (client !== results || collation === null) return [];
  const isOfResults = collation === results || collation.startsWith(`${results}_`);
  return isOfResults ? [`SET NAMES '${results}' COLLATE '${collation}'`] : [];
}

function quoted(value: string): string {
  return /^\d+$/.test(value) ? value : `'${value}'`;
}

/** MariaDB has no `SET ROLE DEFAULT`; the default role is the one that is active after a login. */
function setMariaDbRole(role: string | null): string | undefined {
  if (role === null || role === 'NONE') return 'SET ROLE NONE';
  return /^\w+$/.test(role) ? `SET ROLE \`${role}\`` : undefined;
}

/**
 * Puts an idle session back to its state after login. COM_RESET_CONNECTION ends the transaction and clears variables,
 * temporary tables, locks and prepared statements; found necessary behind it, on real servers: the active role (kept by
 * MariaDB), the current database, what the handshake has set. `clean` only when the server confirmed each step and is
 * outside of a transaction.
 *
 * @throws ServerBrokeProtocol
 */
export async function restoreSession(
  wire: Wire,
  state: SessionState,
  database: string,
): Promise<'clean' | 'dirty'> {
  if (state.restore === undefined) return 'dirty';
  const last = await runCommands(wire, [
    commandPayload(command.resetConnection),
    ...state.restore.map((sql) => commandPayload(command.query, sql)),
    commandPayload(command.initDatabase, database),
  ]);
  const watched = status.inTransaction | status.inReadOnlyTransaction | status.autocommit;
  const asBefore = last !== 'failed' && (last.status & watched) === (state.status & watched);
  return asBefore && !wire.hasUnread ? 'clean' : 'dirty';
}
