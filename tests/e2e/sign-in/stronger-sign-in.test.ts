import { Redis } from 'ioredis';
import { createConnection } from 'mysql2/promise';
import { generateSync } from 'otplib';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { CertificatePair } from '../../support/certificates.ts';
import { type DemandingGateway, startDemandingGateway } from '../../support/demanding-gateway.ts';
import type { Page, Person } from '../../support/person.ts';
import { psql } from '../../support/psql.ts';

let place: DemandingGateway;
let card: CertificatePair;
const directoryPassword = 'a password of the directory';
/** Got before any role demanded anything, by a sign-in with a password alone. */
const weak = new Map<Database, string>();
let weakRefresh = '';
let workload = '';

const databases = ['authdb', 'warehouse', 'shop', 'cache'] as const;
type Database = (typeof databases)[number];

beforeAll(async () => {
  place = await startDemandingGateway();
  card = await place.authority.issueClient('ann');
  await place.directory.addPerson('jane', directoryPassword);
  const { gateway, issuer } = place;
  for (const database of databases) {
    const scope = `db:${database}${database === 'authdb' ? ' offline_access' : ''}`;
    const { accessToken, refreshToken } = await gateway.tokens('viewer', { scope });
    weak.set(database, accessToken);
    if (database === 'authdb') weakRefresh = refreshToken;
  }
  const exchanged = await gateway.post('token', {
    client_id: 'workload',
    grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
    scope: 'db:authdb',
    subject_token: await issuer.sign({ sub: 'job', aud: 'ci', repository: 'acme/app' }),
    subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
  });
  workload = String(exchanged.body.access_token);
});
afterAll(() => place?.stop());

/** What somebody shows at a door. */
interface Shown {
  readonly user?: string;
  readonly password: string;
  readonly certificate?: CertificatePair;
}

/** `in`, or what the client was told. */
type Door = (shown: Shown) => Promise<string>;

function tlsOf({ certificate: pair }: Shown) {
  return { rejectUnauthorized: false, ...(pair && { cert: pair.certificate, key: pair.privateKey }) };
}

const pgAt =
  (door: 'postgres' | 'redshift', database: Database): Door =>
  async (shown) => {
    const { user = 'me', password } = shown;
    const port = place.ports[door];
    const client = new pg.Client({ host: '127.0.0.1', port, user, password, database, ssl: tlsOf(shown) });
    client.on('error', () => {});
    try {
      await client.connect();
      await client.query('SELECT 1');
      return 'in';
    } catch (thrown) {
      return String(thrown);
    } finally {
      await client.end().catch(() => {});
    }
  };

const doors = {
  psql: async ({ user = 'me', password }) => {
    const env = { PGSSLMODE: 'require' };
    const { code, stderr } = await psql(place.gateway, { token: password, user, env }, 'SELECT 1');
    return code === 0 ? 'in' : stderr;
  },
  pg: pgAt('postgres', 'authdb'),
  redshift: pgAt('redshift', 'warehouse'),
  mysql: async (shown) => {
    const { user = 'me', password } = shown;
    try {
      const port = place.ports.mysql;
      const client = await createConnection({ host: '127.0.0.1', port, user, password, ssl: tlsOf(shown) });
      await client.query('SELECT 1');
      await client.end();
      return 'in';
    } catch (thrown) {
      return String(thrown);
    }
  },
  redis: async (shown) => {
    const { user, password } = shown;
    const client = new Redis(place.ports.redis, '127.0.0.1', {
      tls: tlsOf(shown),
      ...(password !== '' && { password }),
      ...(user !== undefined && { username: user }),
      retryStrategy: null,
      maxRetriesPerRequest: 0,
      enableReadyCheck: false,
      // Otherwise the refusal answers this, and nobody hears it.
      disableClientInfo: true,
    });
    client.on('error', () => {});
    try {
      await client.get('colour');
      return 'in';
    } catch (thrown) {
      return String(thrown);
    } finally {
      client.disconnect();
    }
  },
  'query API': async ({ password }) => {
    const answer = await fetch(`${place.gateway.issuer}/api/v1/databases/authdb/query`, {
      method: 'POST',
      headers: { authorization: `Bearer ${password}`, 'content-type': 'application/json' },
      body: JSON.stringify({ statement: 'SELECT 1' }),
    });
    return answer.status === 200 ? 'in' : await answer.text();
  },
} satisfies Record<string, Door>;
type DoorName = keyof typeof doors;

const databaseOf: Readonly<Record<DoorName, Database>> = {
  psql: 'authdb',
  pg: 'authdb',
  redshift: 'warehouse',
  mysql: 'shop',
  redis: 'cache',
  'query API': 'authdb',
};

const ownToken = (door: DoorName) => async (): Promise<Shown> => ({
  password: weak.get(databaseOf[door]) ?? '',
});
const providerToken = (claims: object) => async (): Promise<Shown> => ({
  password: await place.issuer.sign({ sub: 'jane', aud: 'grantway', ...claims }),
});
const ofWorkload = async (): Promise<Shown> => ({ password: workload });
const ofDirectory = async (): Promise<Shown> => ({ user: 'jane', password: directoryPassword });
const ofCard = async (): Promise<Shown> => ({ password: '', certificate: card });

/** Where nobody signed in at a page of ours. */
const withoutSignIn: readonly (readonly [string, DoorName, () => Promise<Shown>])[] = [
  ...(['psql', 'pg', 'redshift', 'mysql', 'redis', 'query API'] as const).map(
    (door) => ["a provider's own token", door, providerToken({ amr: ['pwd'] })] as const,
  ),
  ['a token that was exchanged for a workload’s', 'psql', ofWorkload],
  ['a token that was exchanged for a workload’s', 'query API', ofWorkload],
  ['a directory password', 'psql', ofDirectory],
  ['a directory password', 'mysql', ofDirectory],
  ['a client certificate', 'pg', ofCard],
  ['a client certificate', 'redshift', ofCard],
  ['a client certificate', 'mysql', ofCard],
  ['a client certificate', 'redis', ofCard],
];

const weakWays = [
  ...(Object.keys(doors) as DoorName[]).map(
    (door) => ['a token of a sign-in by password', door, ownToken(door)] as const,
  ),
  ...withoutSignIn,
];

/** Refused there, with the sentence; no server behind the gateway hears of it. */
async function expectRefusal(door: DoorName, shown: Shown, what: string): Promise<void> {
  const before = place.upstreamConnections();
  const said = await doors[door](shown);
  expect(said).toContain(
    `asks for ${what}. Sign in again (\`grantway login\`) and connect with the new token.`,
  );
  expect(place.upstreamConnections()).toBe(before);
}

test.each(weakWays)('%s opens a role at the %s door that demands nothing', async (_, door, shown) => {
  expect(await doors[door](await shown())).toBe('in');
});

describe('G16 G19 once a role demands a second factor', () => {
  beforeAll(() => place.demand({ factor: true }));

  test.each(weakWays)('%s is refused at the %s door', async (_, door, shown) => {
    await expectRefusal(door, await shown(), 'a second factor');
  });

  test('each refusal is on record, with its door and code', async () => {
    const { stdout } = await place.gateway.operator('audit', 'export');
    const records = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    const refused = records.filter(({ code }) => code === 'stronger_sign_in_required');
    expect(refused.length).toBeGreaterThanOrEqual(weakWays.length);
    expect(new Set(refused.map(({ type }) => type))).toEqual(new Set(['door_refused']));
    const people = new Set(refused.map(({ person }) => String(person).split(':')[0]));
    expect(people).toEqual(new Set(['local', 'corp', 'workload', 'staff', 'card']));
  });

  test('a refresh token of the sign-in by password gives no new token', async () => {
    const { status, body } = await place.gateway.post('token', {
      grant_type: 'refresh_token',
      client_id: 'app',
      refresh_token: weakRefresh,
    });
    expect([status, body.error]).toEqual([400, 'invalid_grant']);
    expect(body.error_description).toContain('a second factor');
  });

  test('a device gets nothing before the person proved it, in a browser that is signed in', async () => {
    const { gateway } = place;
    const started = await gateway.post('device', { client_id: 'psql', scope: 'db:authdb' });
    const person = gateway.person('editor');
    await person.home();
    const form = await pageOf(person.open('/device'));
    const shown = await pageOf(person.submit(form, { user_code: String(started.body.user_code) }));
    const confirmed = await pageOf(person.submit(shown, { confirm: 'yes' }));
    expect(confirmed.html).toContain('asks for a second factor');
    const grant = 'urn:ietf:params:oauth:grant-type:device_code';
    const asked = { grant_type: grant, client_id: 'psql', device_code: String(started.body.device_code) };
    expect((await gateway.post('token', asked)).body.error).toBe('authorization_pending');
  });

  test('the stronger sign-in opens every door to its person', async () => {
    const person = place.gateway.person('viewer');
    for (const door of Object.keys(doors) as DoorName[]) {
      const password = await tokenAfterFactor(person, databaseOf[door]);
      expect([door, await doors[door]({ password })]).toEqual([door, 'in']);
    }
  });

  test('the word of the provider opens them to its people, by what the config names', async () => {
    for (const door of Object.keys(doors) as DoorName[])
      expect([door, await doors[door](await providerToken({ amr: ['pwd', 'mfa'] })())]).toEqual([door, 'in']);
  });
});

describe('G16 G19 once a role demands a fresh sign-in', () => {
  beforeAll(() => place.demand({ signInWithin: '1m' }));
  const what = 'a sign-in not older than 1 minute';

  test.each(withoutSignIn)('%s is refused at the %s door, whenever it was made', async (_, door, shown) => {
    await expectRefusal(door, await shown(), what);
  });

  test('a token of the provider goes by when the person signed in there', async () => {
    const now = Math.floor(Date.now() / 1000);
    await expectRefusal('psql', await providerToken({ auth_time: now - 120 })(), what);
    expect(await doors.psql(await providerToken({ auth_time: now })())).toBe('in');
  });
});

async function pageOf(reached: ReturnType<Person['open']>): Promise<Page> {
  const end = await reached;
  if (end.kind !== 'page') throw new Error(`led away to ${end.to}`);
  return end;
}

/** Signs in with the password, sets up an app where the page asks for it, and redeems the code. */
async function tokenAfterFactor(person: Person, database: Database): Promise<string> {
  const { gateway } = place;
  const request = gateway.request({ scope: `db:${database}` });
  let at = await person.open(request.url);
  if (at.kind === 'page' && at.html.includes('name="password"')) at = await person.signIn(at);
  if (at.kind === 'page' && at.html.includes('name="code"')) {
    const key = /class="key">([^<]+)</.exec(at.html)?.[1]?.replaceAll(' ', '') ?? '';
    at = await person.submit(at, { code: generateSync({ secret: key }) });
  }
  if (at.kind === 'page') at = await person.submit(at, { decision: 'allow' });
  if (at.kind === 'page') throw new Error(`no code:\n${at.html}`);
  const { body } = await gateway.post('token', {
    grant_type: 'authorization_code',
    client_id: request.clientId,
    code: at.to.searchParams.get('code') ?? '',
    code_verifier: request.verifier,
    redirect_uri: request.redirectUri,
  });
  return String(body.access_token);
}
