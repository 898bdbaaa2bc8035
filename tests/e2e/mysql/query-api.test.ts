import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readAnswer } from '../../support/gateway.ts';
import { mysqlVersions } from '../../support/mysql-builds.ts';
import {
  type MysqlGateway,
  running,
  shopLogin,
  shops,
  startMysqlGateway,
} from '../../support/mysql-gateway.ts';

let mysql: MysqlGateway;
beforeAll(async () => {
  mysql = await startMysqlGateway();
});
afterAll(() => mysql?.stop());

describe.for(mysqlVersions)('%s over the query API', (version) => {
  let token: string;
  beforeAll(async () => {
    token = await mysql.token(version, 'editor', 'readwrite');
  });

  const post = async (
    body: unknown,
    more: { readonly accept?: string; readonly token?: string; readonly signal?: AbortSignal } = {},
  ) =>
    await fetch(`${mysql.gateway.issuer}/api/v1/databases/${shops[version]}/query`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${more.token ?? token}`,
        'content-type': 'application/json',
        accept: more.accept ?? 'application/json',
      },
      body: JSON.stringify(body),
      ...(more.signal === undefined ? {} : { signal: more.signal }),
    });

  test('a statement is answered as a table of exact values, from a session of the role’s account', async () => {
    const statement = 'SELECT CURRENT_USER() AS account, name, balance FROM users WHERE id = ?';
    const answer = await readAnswer(await post({ statement, parameters: [1] }));
    expect(answer.status).toBe(200);
    expect(answer.body).toEqual({
      columns: [
        { name: 'account', type: 'varchar' },
        { name: 'name', type: 'varchar' },
        { name: 'balance', type: 'decimal' },
      ],
      rows: [[`${shopLogin('readwrite')}@%`, 'Ada', '12345678901234567.89']],
      rowCount: 1,
      truncated: false,
    });
  });

  test('the limit cuts what is longer, in JSON, NDJSON and CSV', async () => {
    const statement = 'SELECT name FROM users WHERE id <= 3 ORDER BY id';
    const json = await readAnswer(await post({ statement, limit: 2 }));
    expect(json.body).toMatchObject({ rows: [['Ada'], ['Grace']], rowCount: 2, truncated: true });
    const ndjson = await post({ statement }, { accept: 'application/x-ndjson' });
    expect((await ndjson.text()).trim().split('\n').slice(1)).toEqual([
      '["Ada"]',
      '["Grace"]',
      '["Edsger"]',
      '{"rowCount":3,"truncated":false}',
    ]);
    const csv = await post({ statement, limit: 1 }, { accept: 'text/csv' });
    expect(await csv.text()).toBe('name\r\nAda\r\n');
  });

  test('a change says how many rows it changed, and stays', async () => {
    const statement = `INSERT INTO users (name) VALUES ('a'), ('b')`;
    const answer = await readAnswer(await post({ statement }));
    expect([answer.status, answer.body.rowsAffected ?? answer.body.rowCount]).toEqual([200, 2]);
    const gone = await readAnswer(await post({ statement: 'DELETE FROM users WHERE id > 3' }));
    expect(gone.status).toBe(200);
  });

  const problems: readonly [what: string, body: unknown, status: number, code: string, detail: RegExp][] = [
    [
      'a missing right',
      { statement: 'CREATE TABLE mine (id INT)' },
      422,
      'statement_failed',
      /CREATE command denied/,
    ],
    ['two statements', { statement: 'SELECT 1; SELECT 2' }, 422, 'statement_failed', /SQL syntax/],
    ['a command', { command: ['SELECT', '1'] }, 400, 'request_invalid', /statement/],
    [
      'a role that the token does not hold',
      { statement: 'SELECT 1', role: 'admin' },
      403,
      'role_not_granted',
      /admin/,
    ],
  ];
  test.for(problems)('%s is a problem document', async ([, body, status, code, detail]) => {
    const answer = await readAnswer(await post(body));
    expect([answer.status, answer.body.code]).toEqual([status, code]);
    expect(answer.body.detail).toMatch(detail);
  });

  test('a wrong token is 401', async () => {
    const answer = await readAnswer(await post({ statement: 'SELECT 1' }, { token: 'gwt_wrong' }));
    expect([answer.status, answer.body.code]).toEqual([401, 'token_invalid']);
  });

  test('what one statement leaves in its session is gone with it', async () => {
    await post({ statement: 'SET @left = 1' });
    await post({ statement: `SET SESSION sql_mode = 'ANSI_QUOTES'` });
    const answer = await readAnswer(await post({ statement: 'SELECT @left IS NULL, @@sql_mode' }));
    expect(answer.body).toMatchObject({
      rows: [[expect.anything(), expect.not.stringContaining('ANSI_QUOTES')]],
    });
  });

  test('a caller who leaves ends the statement on the server', async () => {
    const abort = new AbortController();
    const asked = post({ statement: 'SELECT /* left by its caller */ SLEEP(300)' }, { signal: abort.signal });
    await expect.poll(async () => await running(mysql.shop(version), 'left by its caller')).toBe(1);
    abort.abort();
    await expect(asked).rejects.toThrow();
    await expect.poll(async () => await running(mysql.shop(version), 'left by its caller')).toBe(0);
  });
});
