import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startGateway, type TestGateway } from '../support/gateway.ts';

let gateway: TestGateway;
let token: string;
beforeAll(async () => {
  gateway = await startGateway({
    databases: {
      // Nothing is behind it; at its server it would have the name that the other one has here.
      copy: {
        engine: 'postgres',
        host: '127.0.0.1',
        port: 1,
        database: 'authdb',
        tls: 'off',
        roles: { readonly: { login: 'app_readonly', password: 'env:TEST_READONLY', allow: 'everyone' } },
      },
    },
  });
  token = (await gateway.tokens('editor', { scope: 'db:authdb' })).accessToken;
});
afterAll(() => gateway?.stop());

async function query(body: object, headers: Readonly<Record<string, string>> = {}): Promise<Response> {
  return await fetch(`${gateway.issuer}/api/v1/databases/authdb/query`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
}

describe('POST /api/v1/databases/authdb/query', () => {
  test('answers as the mapped role, with exact values', async () => {
    const statement =
      'SELECT session_user, 9007199254740993::bigint AS big, 0.1::numeric AS decimal, true AS yes, NULL AS nothing';
    const response = await query({ statement });
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({
      rows: [['app_readwrite', '9007199254740993', '0.1', true, null]],
      rowCount: 1,
      truncated: false,
    });
  });

  test('binds parameters and stops at the limit', async () => {
    const response = await query({
      statement: 'SELECT n FROM generate_series(1, $1::int) AS n',
      parameters: [100],
      limit: 10,
    });
    const body = (await response.json()) as { rows: unknown[]; truncated: boolean };
    expect(body.rows.length).toBe(10);
    expect(body.truncated).toBe(true);
  });

  test('streams NDJSON and CSV', async () => {
    const statement = "SELECT n, 'a,b' AS text FROM generate_series(1, 1000) AS n";
    const ndjson = await query({ statement }, { accept: 'application/x-ndjson' });
    expect((await ndjson.text()).trim().split('\n').length).toBeGreaterThanOrEqual(1000);
    const csv = await query({ statement }, { accept: 'text/csv' });
    expect((await csv.text()).split(/\r?\n/).slice(0, 2)).toEqual(['n,text', '1,"a,b"']);
  });

  test('says what the database said', async () => {
    const response = await query({ statement: 'SELECT * FROM pg_authid' });
    expect(response.status).toBe(422);
    expect(response.headers.get('content-type')).toContain('application/problem+json');
    expect(JSON.stringify(await response.json())).toContain('permission denied');
  });

  test.each([
    ['two statements', { statement: 'SELECT 1; DROP TABLE users' }, 422],
    ['no statement', {}, 400],
    ['an unknown field', { statement: 'SELECT 1', magic: true }, 400],
    ['a role that the token does not hold', { statement: 'SELECT 1', role: 'admin' }, 403],
  ])('refuses %s', async (_, body, status) => {
    expect((await query(body)).status).toBe(status);
    expect(await gateway.database.query('SELECT count(*)::int AS n FROM users')).toEqual([{ n: 3 }]);
  });

  test('refuses a token for another database, even if that has the same name at its server', async () => {
    const { accessToken } = await gateway.tokens('viewer', { scope: 'db:copy:readonly' });
    const response = await query({ statement: 'SELECT 1' }, { authorization: `Bearer ${accessToken}` });
    expect(response.status).toBe(403);
    expect(await response.json()).toMatchObject({ code: 'token_wrong_database' });
  });

  test('refuses a request without token with a challenge', async () => {
    const response = await query({ statement: 'SELECT 1' }, { authorization: '' });
    expect(response.status).toBe(401);
    expect(response.headers.get('www-authenticate')).toMatch(/^Bearer /);
  });
});
