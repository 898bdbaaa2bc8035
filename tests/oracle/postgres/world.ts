import { hash } from '@node-rs/argon2';
import pg from 'pg';
import { appRedirect, startGateway, type TestGateway } from '../../support/gateway.ts';
import { Person } from '../../support/person.ts';

export interface WorldOptions {
  readonly people: number;
  readonly poolSize: number;
  /** Whether people may get each other's connections. */
  readonly shared: boolean;
}

/** A gateway with people who all have the same role, and a token each; a server with a table of tagged rows. */
export interface World {
  readonly gateway: TestGateway;
  /** Access tokens by the number of the person. */
  readonly tokens: readonly string[];
  readonly superuser: pg.Pool;
  stop(): Promise<void>;
}

/** Rows of each person. */
export const rowsEach = 60;

/** What stands in a person's row `n`: the tag and a filling of some length. */
export function payload(person: number, n: number): string {
  return `p${person}n${n}:${'x'.repeat((person * 31 + n * 17) % 80)}`;
}

/** Starts it all, in about four seconds. */
export async function startWorld({ people, poolSize, shared }: WorldOptions): Promise<World> {
  const password = 'one password for all';
  const passwordHash = await hash(password, { memoryCost: 1024, timeCost: 1, parallelism: 1 });
  const names = Array.from({ length: people }, (_, number) => `person${number}@example.com`);
  const gateway = await startGateway({
    config: {
      users: Object.fromEntries(names.map((name) => [name, { groups: ['editor'], passwordHash }])),
      tokens: { access: '24h' },
    },
    database: { pool: { size: poolSize }, shareAcrossPeople: shared },
  });
  try {
    const superuser = new pg.Pool({
      connectionString: gateway.database.server.superuserUrl('authdb'),
      max: 2,
    });
    await superuser.query(oracleTables);
    const numbers = names.flatMap((_, person) => Array.from({ length: rowsEach }, (_, n) => ({ person, n })));
    await superuser.query('INSERT INTO tagged SELECT * FROM unnest($1::int[], $2::int[], $3::text[])', [
      numbers.map(({ person }) => person),
      numbers.map(({ n }) => n),
      numbers.map(({ person, n }) => payload(person, n)),
    ]);
    return {
      gateway,
      tokens: await Promise.all(
        names.map((name) => tokenOf(gateway, new Person(gateway.issuer, name, password))),
      ),
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

async function tokenOf(gateway: TestGateway, person: Person): Promise<string> {
  const asked = gateway.request({ scope: 'db:authdb:readwrite' });
  const end = await person.authorize(asked.url);
  const code = end.kind === 'departure' ? end.to.searchParams.get('code') : null;
  const { body } = await gateway.post('token', {
    grant_type: 'authorization_code',
    client_id: asked.clientId,
    code: code ?? '',
    code_verifier: asked.verifier,
    redirect_uri: appRedirect,
  });
  if (typeof body.access_token !== 'string') throw new Error(`no token: ${JSON.stringify(body)}`);
  return body.access_token;
}
