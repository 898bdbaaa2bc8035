import pg from 'pg';
import { startGateway, type TestGateway } from '../../support/gateway.ts';
import { oraclePeople } from '../oracle-people.ts';
import type { WorldOptions } from '../started-oracle.ts';
import { payload, rowsEach } from '../tagged.ts';

/** A gateway with people who all have the same role, and a token each; a server with a table of tagged rows. */
export interface World {
  readonly gateway: TestGateway;
  /** Access tokens by the number of the person. */
  readonly tokens: readonly string[];
  readonly superuser: pg.Pool;
  stop(): Promise<void>;
}

/** Names a backend for ever: process ids come again. A row of `pg_stat_activity` is in scope. */
export const backendName = "(pid || ' ' || backend_start)";

/** Starts it all, in about four seconds. */
export async function startWorld({ people, poolSize, shared }: WorldOptions): Promise<World> {
  const everybody = await oraclePeople(people);
  const gateway = await startGateway({
    config: everybody.config,
    database: { pool: { size: poolSize }, shareAcrossPeople: shared },
  });
  try {
    const superuser = new pg.Pool({
      connectionString: gateway.database.server.superuserUrl('authdb'),
      max: 2,
    });
    await superuser.query(oracleTables);
    const numbers = Array.from({ length: people * rowsEach }, (_, index) => ({
      person: Math.floor(index / rowsEach),
      n: index % rowsEach,
    }));
    await superuser.query('INSERT INTO tagged SELECT * FROM unnest($1::int[], $2::int[], $3::text[])', [
      numbers.map(({ person }) => person),
      numbers.map(({ n }) => n),
      numbers.map(({ person, n }) => payload(person, n)),
    ]);
    return {
      gateway,
      tokens: await everybody.tokens(gateway, 'db:authdb:readwrite'),
      superuser,
      stop: async () => {
        await superuser.end();
        await gateway.stop();
      },
    };
  } catch (thrown) {
    await gateway.stop();
    throw thrown;
  }
}

/** The tables, and what everybody may do with them. */
export const oracleTables = `
  CREATE TABLE tagged (owner int, n int, payload text, PRIMARY KEY (owner, n));
  CREATE TABLE journal (owner int, word text);
  CREATE SEQUENCE tick;
  GRANT SELECT ON tagged TO app_readwrite;
  GRANT SELECT, INSERT ON journal TO app_readwrite;
  GRANT USAGE ON SEQUENCE tick TO app_readwrite;
  GRANT TEMPORARY ON DATABASE authdb TO app_readwrite;
`;
