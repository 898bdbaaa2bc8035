import type { Duplex } from 'node:stream';
import { Refusal, type Secret } from '../../core/index.ts';
import type { CommandDriver, QueryDriver, QueryResult } from '../../engines/index.ts';
import type { QueryBody } from './query-body.ts';

/** Runs a checked body over a stream of the in-process door. */
export type BoundQuery = (stream: Duplex, token: Secret) => Promise<QueryResult>;

/** Joins a body with the driver that takes its kind. @throws Refusal `request_invalid` for a body of the other kind */
export function bindQuery(
  driver: QueryDriver | CommandDriver,
  body: QueryBody,
  database: string,
): BoundQuery {
  const asked = { database, ...(body.role === undefined ? {} : { role: body.role }) };
  if (driver.takes === 'statement' && body.kind === 'statement') {
    const { statement, parameters } = body;
    return (stream, token) => driver.run(stream, token, { ...asked, statement, parameters });
  }
  if (driver.takes === 'command' && body.kind === 'command') {
    const { command } = body;
    return (stream, token) => driver.run(stream, token, { ...asked, command });
  }
  const form = driver.takes === 'command' ? '{ "command": ["NAME", "word"] }' : '{ "statement": "text" }';
  throw new Refusal('request_invalid', {
    what: `The database "${database}" takes ${form}, and this is a ${body.kind}.`,
  });
}
