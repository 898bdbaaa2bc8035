import { type Database, type Permit, Refusal } from '../core/index.ts';
import type { Client } from '../engines/index.ts';
import type { VerifiedToken } from '../oauth/index.ts';
import type { Arrival } from './arrival.ts';
import { permitByToken } from './permit-by-token.ts';
import type { SessionServices } from './session-services.ts';

/**
 * As which role, on which database, a client with this token goes on.
 * @throws Refusal `database_unknown`, `token_wrong_database`, `feature_not_offered`, or one of {@link permitByToken}
 */
export function permitForClient(
  token: VerifiedToken,
  client: Client,
  arrival: Arrival,
  services: SessionServices,
): Permit {
  const database = databaseOf(token, client, arrival, services);
  if (database.engine !== arrival.engine.name) throw new Refusal('token_wrong_database');
  // What takes single statements has no session that a client on the wire could believe in.
  if (database.host === '' && arrival.demand === undefined) {
    throw new Refusal('feature_not_offered', {
      what: `A connection to "${database.name}", which takes queries over HTTP only,`,
    });
  }
  const wish = { hint: client.userHint, demanded: arrival.demand?.role };
  return permitByToken(token, database, wish, services.clock.now());
}

/**
 * The token names the database; the wire may only agree with it. Clients that were given no database name send
 * the user name instead (libpq does), so that counts as none.
 */
function databaseOf(
  token: VerifiedToken,
  client: Client,
  { demand }: Arrival,
  { databases }: SessionServices,
): Database {
  const database = databases().get(token.database);
  if (database === undefined) throw new Refusal('database_unknown', { database: token.database });
  const named = client.databaseHint;
  // A caller in the process says exactly which; some protocols would have no word for it.
  if (demand !== undefined && demand.database !== database.name) throw new Refusal('token_wrong_database');
  const agrees =
    named === '' || named === client.userHint || named === database.name || named === database.upstreamName;
  if (!agrees) throw new Refusal('token_wrong_database');
  return database;
}
