import pg from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { freePort } from '../../packages/server/src/demo/free-port.ts';
import { awsEnvironment, startAws, type TestAws } from '../support/aws.ts';
import { startGateway, type TestGateway } from '../support/gateway.ts';
import { bytesOf, cStrings, int32 } from '../support/postgres-messages.ts';
import { psql } from '../support/psql.ts';
import { RawPostgres } from '../support/raw-postgres.ts';
import { startRedshift, type TestRedshift } from '../support/redshift.ts';
import { serveRedshiftData, type TestRedshiftData } from '../support/redshift-data.ts';

let redshift: TestRedshift;
let aws: TestAws;
let data: TestRedshiftData;
let gateway: TestGateway;
let port: number;
const tokens = { viewer: '', admin: '', person: '', data: '' };

beforeAll(async () => {
  redshift = await startRedshift();
  aws = await startAws();
  data = serveRedshiftData(aws, redshift.server);
  const admin = await redshift.server.adminClient();
  await admin.query(`
    CREATE ROLE dwh_reader LOGIN; CREATE ROLE dwh_writer LOGIN;
    CREATE TABLE sales (id int, amount numeric);
    INSERT INTO sales VALUES (1, 9.5), (2, 10);
    GRANT SELECT ON sales TO dwh_reader, dwh_writer;
    GRANT INSERT ON sales TO dwh_writer;
  `);
  await admin.end();
  issueLogins();

  port = await freePort();
  const access = { region: 'eu-central-1', cluster: 'sales', endpoint: aws.endpoint };
  const warehouse = {
    engine: 'redshift',
    host: redshift.host,
    port: redshift.port,
    database: 'postgres',
    tls: 'off',
  };
  const roles = {
    writer: { login: 'dwh_writer', dbGroups: ['writers'], allow: { groups: ['admin'] } },
    reader: { login: 'dwh_reader', allow: 'everyone' },
  };
  gateway = await startGateway({
    listen: { redshift: `127.0.0.1:${port}` },
    env: awsEnvironment,
    databases: {
      warehouse: { ...warehouse, aws: access, roles },
      personal: {
        ...warehouse,
        aws: { ...access, loginAs: 'person', autoCreate: true },
        roles: { reader: { login: 'unused', allow: 'everyone' } },
      },
      archive: {
        engine: 'redshift',
        database: 'postgres',
        aws: { ...access, dataApi: true },
        roles: { reader: { login: 'dwh_reader', allow: 'everyone' } },
      },
    },
  });
  tokens.viewer = (await gateway.tokens('viewer', { scope: 'db:warehouse' })).accessToken;
  tokens.admin = (await gateway.tokens('admin', { scope: 'db:warehouse' })).accessToken;
  tokens.person = (await gateway.tokens('viewer', { scope: 'db:personal' })).accessToken;
  tokens.data = (await gateway.tokens('viewer', { scope: 'db:archive' })).accessToken;
});
afterEach(() => {
  issueLogins();
  aws.calls.splice(0);
  redshift.startups.splice(0);
});
afterAll(async () => {
  await gateway?.stop();
  await data?.stop();
  await aws?.stop();
  await redshift?.stop();
});

/** AWS issues a login for every known user, and the double takes it. */
function issueLogins(): void {
  aws.handlers.set('GetClusterCredentials', ({ input }) => {
    const user = String(input.DbUser);
    const login = input.AutoCreate === 'true' ? `IAMA:${user}` : `IAM:${user}`;
    const secret = `Temporary${aws.calls.length}`;
    const postgresLogin = user.startsWith('dwh_') ? user : 'dwh_reader';
    redshift.accounts.set(login, { method: 'digest', secret, postgresLogin });
    const Expiration = new Date(Date.now() + 900_000).toISOString();
    return { output: { DbUser: login, DbPassword: secret, Expiration } };
  });
}

const door = () => ({ port });
const target = (token: string) => ({ token, database: 'warehouse', user: 'me' });

async function auditOf(type: string): Promise<readonly Record<string, unknown>[]> {
  const { stdout } = await gateway.operator('audit', 'tail', '--json', '--lines', '1000');
  return stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>)
    .filter((record) => record.type === type);
}

async function query(database: string, token: string, body: object): Promise<Response> {
  return await fetch(`${gateway.issuer}/api/v1/databases/${database}/query`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
}

describe('Redshift through the gateway', () => {
  test('C18 psql with a token is in as the role, with a login that AWS issued', async () => {
    const { stdout, stderr } = await psql(
      door(),
      target(tokens.viewer),
      'SELECT current_user, sum(amount) FROM sales',
    );
    expect(stderr).toBe('');
    expect(stdout).toBe('dwh_reader|19.5');
    const started = await auditOf('session_started');
    expect(started).toContainEqual(
      expect.objectContaining({ database: 'warehouse', role: 'reader', login: 'IAM:dwh_reader' }),
    );
  });

  test('the database refuses what the role may not, and lets another role do it', async () => {
    const insert = 'INSERT INTO sales VALUES (3, 1)';
    expect((await psql(door(), target(tokens.viewer), insert)).stderr).toMatch(/permission denied/);
    expect((await psql(door(), target(tokens.admin), insert)).stderr).toBe('');
    expect(aws.calls.at(-1)?.input).toMatchObject({ DbUser: 'dwh_writer', 'DbGroups.DbGroup.1': 'writers' });
  });

  test('node-postgres runs its statements', async () => {
    const client = new pg.Client({
      host: '127.0.0.1',
      port,
      user: 'me',
      database: 'warehouse',
      password: tokens.viewer,
    });
    await client.connect();
    const { rows } = await client.query('SELECT id FROM sales WHERE id = $1', [2]);
    expect(rows).toEqual([{ id: 2 }]);
    await client.end();
  });

  test('many sessions at once ask AWS once', async () => {
    const clients = Array.from(
      { length: 12 },
      () =>
        new pg.Client({ host: '127.0.0.1', port, user: 'me', database: 'personal', password: tokens.person }),
    );
    await Promise.all(clients.map((client) => client.connect()));
    await Promise.all(clients.map((client) => client.end()));
    const asked = aws.calls.filter(({ action }) => action === 'GetClusterCredentials');
    expect(asked.map(({ input }) => input.DbUser)).toEqual(['local.viewer@example.com']);
    expect(redshift.startups.map((startup) => startup.get('user'))).toEqual(
      Array.from({ length: 12 }, () => 'IAMA:local.viewer@example.com'),
    );
  });

  test('a login that the database does not know any more is replaced by a fresh one', async () => {
    redshift.accounts.delete('IAM:dwh_reader');
    expect((await psql(door(), target(tokens.viewer), 'SELECT 1')).stdout).toBe('1');
    expect(aws.calls).toHaveLength(1);
  });

  test('a driver with a token plugin signs in by it', async () => {
    const client = await RawPostgres.open('127.0.0.1', port);
    const parameters = {
      database: 'warehouse',
      client_encoding: 'UTF8',
      DateStyle: 'ISO',
      extra_float_digits: '2',
      client_protocol_version: '3',
      plugin_name: 'com.amazon.redshift.plugin.IdpTokenAuthPlugin',
      idp_type: 'AwsIdc',
      token_type: 'ACCESS_TOKEN',
    };
    const body = Buffer.concat([
      int32(196_608),
      cStrings(...Object.entries(parameters).flat()),
      Buffer.of(0),
    ]);
    client.write(Buffer.concat([int32(body.length + 4), body]));
    expect((await client.read()).body.readInt32BE(0)).toBe(14);
    client.write(bytesOf(['i', Buffer.from(`${tokens.viewer}\0`)]));
    expect((await client.readUntilReady()).map(({ type }) => type).join('')).toMatch(/^RS+KZ$/);
    expect(await client.query('SELECT current_user')).toEqual(['dwh_reader']);
    client.close();
  });

  test('the HTTP API answers over the same session', async () => {
    const response = await query('warehouse', tokens.viewer, { statement: 'SELECT current_user AS who' });
    expect(await response.json()).toMatchObject({ rows: [['dwh_reader']] });
  });

  test('AWS that permits nothing is told as the operator’s business, and its words go to the log', async () => {
    redshift.accounts.clear();
    aws.handlers.set('GetClusterCredentials', () => ({
      error: 'AccessDenied',
      message: 'User arn:aws:iam::123456789012:user/gw is not authorized',
      status: 403,
    }));
    const { stderr } = await psql(door(), target(tokens.viewer), 'SELECT 1');
    expect(stderr).toMatch(
      /The database refused the login of this role\. Tell your administrator \(request /,
    );
    expect(stderr).not.toMatch(/arn:/);
    expect(gateway.log()).toMatch(/redshift:GetClusterCredentials: the AWS identity lacks the permission/);
  });

  test('a token for another engine is refused at this door, and this one’s at the other', async () => {
    const other = (await gateway.tokens('viewer')).accessToken;
    expect((await psql(door(), { token: other }, 'SELECT 1')).stderr).toMatch(/for another database/);
    expect((await psql(gateway, target(tokens.viewer), 'SELECT 1')).stderr).toMatch(/for another database/);
  });
});

describe('sessions that AWS ends', () => {
  const statement = 'SELECT pg_sleep(60) AS maintained';
  /** Waits until the statement runs on the server behind. */
  async function running(): Promise<void> {
    const active = `SELECT 1 FROM pg_stat_activity WHERE state = 'active' AND query = $1`;
    while ((await behind.query(active, [statement])).rows.length === 0);
  }
  async function connected(): Promise<pg.Client> {
    const password = tokens.viewer;
    const client = new pg.Client({ host: '127.0.0.1', port, user: 'me', database: 'warehouse', password });
    client.on('error', () => {});
    await client.connect();
    return client;
  }
  let behind: pg.Client;
  beforeAll(async () => {
    behind = await redshift.server.adminClient();
  });
  afterAll(() => behind.end());

  test.each<[string, () => Promise<unknown>, string]>([
    [
      'for maintenance end with the words of the warehouse',
      () =>
        behind.query('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query = $1', [statement]),
      '57P01',
    ],
    ['without a word are told as lost', async () => redshift.cut(), '08006'],
  ])('%s, and the next one is let in', async (_, end, code) => {
    const client = await connected();
    const outcome = client.query(statement).catch((thrown: unknown) => thrown);
    await running();
    await end();
    expect(await outcome).toMatchObject({ code });
    const next = await connected();
    expect((await next.query('SELECT current_user AS who')).rows).toEqual([{ who: 'dwh_reader' }]);
    await next.end();
    await expect
      .poll(async () => (await auditOf('session_ended')).map(({ cause }) => cause), { timeout: 15_000 })
      .toContain('upstream_lost');
  });

  test('do not come back with a login that ended: whoever comes next, and however many, AWS is asked once', async () => {
    await psql(door(), target(tokens.viewer), 'SELECT 1');
    for (const _ of [1, 2, 3]) {
      aws.calls.splice(0);
      redshift.accounts.delete('IAM:dwh_reader');
      const clients = Array.from({ length: 8 }, connected);
      for (const client of await Promise.all(clients)) await client.end();
      expect(aws.calls.map(({ action }) => action)).toEqual(['GetClusterCredentials']);
    }
  });
});

describe('a warehouse without an address', () => {
  test('is queried over HTTP, recorded like any other', async () => {
    const statement = 'SELECT id, amount FROM sales WHERE id <= $1 ORDER BY id';
    const response = await query('archive', tokens.data, { statement, parameters: [2] });
    expect(await response.json()).toEqual({
      columns: [
        { name: 'id', type: 'int4' },
        { name: 'amount', type: 'numeric' },
      ],
      rows: [
        [1, '9.5'],
        [2, '10'],
      ],
      rowCount: 2,
      truncated: false,
    });
    await expect
      .poll(() => auditOf('statement'), { timeout: 15_000 })
      .toContainEqual(
        expect.objectContaining({ database: 'archive', text: statement, rows: 2, outcome: 'succeeded' }),
      );
    expect(await auditOf('session_started')).toContainEqual(
      expect.objectContaining({ database: 'archive', login: 'dwh_reader', door: 'http' }),
    );
  });

  test('tells the database’s own error', async () => {
    const response = await query('archive', tokens.data, { statement: 'INSERT INTO sales VALUES (1, 1)' });
    expect(response.status).toBe(422);
    expect(await response.json()).toMatchObject({ detail: expect.stringMatching(/permission denied/) });
  });

  test('is no place for a client on the wire', async () => {
    const { stderr } = await psql(door(), { token: tokens.data, database: 'archive' }, 'SELECT 1');
    expect(stderr).toMatch(/takes queries over HTTP only, is not offered/);
  });
});
