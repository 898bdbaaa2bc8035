import type { Database } from '../../core/index.ts';
import type { HandshakeResponse } from './packets.ts';
import { capability } from './protocol.ts';

/**
 * What every connection has on both sides. CLIENT_LONG_PASSWORD says "not MariaDB" to MariaDB's clients and servers,
 * which then leave out the extended capabilities that MySQL's have not.
 */
const always =
  capability.longPassword |
  capability.longFlag |
  capability.connectWithDatabase |
  capability.protocol41 |
  capability.transactions |
  capability.secureConnection |
  capability.pluginAuth |
  capability.connectAttributes |
  capability.lengthEncodedAuth;

/**
 * What a client may have or not; the upstream connection is then opened with exactly the same. All of it is known to
 * every server since MySQL 5.7 and MariaDB 10.2. Left out on purpose: compression, query attributes and optional
 * metadata (MariaDB has neither), second factors. LOCAL INFILE is dropped again where the database does not allow it: the
 * greeting goes out before anybody knows which one the token is for.
 */
const optional =
  capability.foundRows |
  capability.localFiles |
  capability.ignoreSpace |
  capability.interactive |
  capability.multiStatements |
  capability.multiResults |
  capability.preparedMultiResults |
  capability.sessionTrack |
  capability.deprecateEof;

/** The capabilities of our greeting, before TLS is added. */
export const offeredCapabilities = always | optional;

/** What an upstream connection is opened with. */
export interface ConnectionSettings {
  readonly capabilities: number;
  readonly collation: number;
  /** What the program calls itself; servers show it in performance_schema. */
  readonly program: string;
}

const mostProgramBytes = 128;

/** What a client may choose, as the pool compares it: two clients with equal settings may share a connection in turn. */
export function readClientSettings(response: HandshakeResponse): ReadonlyMap<string, string> {
  const settings = new Map([
    ['capabilities', String(always | (response.capabilities & optional))],
    ['collation', String(response.collation)],
  ]);
  const program = response.attributes.find(([name]) => name === 'program_name')?.[1] ?? '';
  if (program !== '') settings.set('program_name', program.slice(0, mostProgramBytes));
  return settings;
}

/**
 * Reads back what {@link readClientSettings} wrote, without what the database does not allow.
 * @throws TypeError for settings of another engine
 */
export function connectionSettings(
  settings: ReadonlyMap<string, string>,
  { allowLocalInfile = false }: Pick<Database, 'allowLocalInfile'>,
): ConnectionSettings {
  const chosen = Number(settings.get('capabilities'));
  const capabilities = allowLocalInfile ? chosen : chosen & ~capability.localFiles;
  const collation = Number(settings.get('collation'));
  if (!Number.isInteger(chosen) || !Number.isInteger(collation)) {
    throw new TypeError('settings of a MySQL client have capabilities and a collation');
  }
  return { capabilities, collation, program: settings.get('program_name') ?? '' };
}
