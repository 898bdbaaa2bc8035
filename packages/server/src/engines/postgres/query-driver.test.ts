import type { Socket } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startPostgres, type TestPostgres } from '../../../../../tests/support/postgres.ts';
import { connected, countedRows, wholeAnswer } from '../../../../../tests/support/query-answers.ts';
import { Secret } from '../../core/index.ts';
import { refusalOf } from '../../core/testing/index.ts';
import { JsonText, type QueryRequest } from '../query-driver.ts';
import { postgresQueryDriver } from './query-driver.ts';

const login = { name: 'query_driver', password: 'a token would stand here' };
let server: TestPostgres;

beforeAll(async () => {
  server = await startPostgres();
  const admin = await server.adminClient();
  await admin.query(`CREATE ROLE ${login.name} LOGIN PASSWORD '${login.password}'`);
  await admin.query('CREATE TABLE public.numbers (n int)');
  await admin.query('GRANT SELECT, INSERT, UPDATE ON public.numbers TO PUBLIC');
  await admin.end();
});

afterAll(async () => {
  await server.stop();
});

async function run(statement: string, parameters: QueryRequest['parameters'] = [], over?: Socket) {
  const query = { database: 'postgres', role: login.name, statement, parameters };
  return await postgresQueryDriver.run(over ?? (await connected(server)), new Secret(login.password), query);
}

async function all(statement: string, parameters: QueryRequest['parameters'] = []) {
  return await wholeAnswer(await run(statement, parameters));
}

const values: readonly [sql: string, type: string, value: unknown][] = [
  ['9007199254740993::int8', 'int8', '9007199254740993'],
  ['42::int4', 'int4', 42],
  ['-7::int2', 'int2', -7],
  [
    '123456789012345678901234567890.123456789::numeric',
    'numeric',
    '123456789012345678901234567890.123456789',
  ],
  ["'NaN'::numeric", 'numeric', 'NaN'],
  ["'NaN'::float8", 'float8', 'NaN'],
  ["'-Infinity'::float4", 'float4', '-Infinity'],
  ['0.1::float8', 'float8', 0.1],
  ['true', 'bool', true],
  ['NULL::text', 'text', null],
  ["''::text", 'text', ''],
  ["'\\x00ff'::bytea", 'bytea', 'AP8='],
  ['\'{"n": 9007199254740993}\'::jsonb', 'jsonb', new JsonText('{"n": 9007199254740993}')],
  ["timestamp '2024-02-29 12:00:00.123456'", 'timestamp', '2024-02-29 12:00:00.123456'],
  [
    'ARRAY[[1,NULL],[3,4]]',
    'int4[]',
    [
      [1, null],
      [3, 4],
    ],
  ],
  ["ARRAY['a,b', 'NULL', NULL]", 'text[]', ['a,b', 'NULL', null]],
  ['ARRAY[9007199254740993]', 'int8[]', ['9007199254740993']],
  ["'pg_class'::name", 'name', 'pg_class'],
  ["'(1,2)'::point", 'point', '(1,2)'],
  ["'[1,5)'::int4range", 'int4range', '[1,5)'],
  ["ROW(1, 'a')", 'record', '(1,a)'],
  ['pg_sleep(0)', 'void', ''],
];

test.each(values)('SELECT %s leaves as %s with its exact value', async (sql, type, value) => {
  const { columns, rows } = await all(`SELECT ${sql} AS v`);
  expect(columns).toEqual([{ name: 'v', type }]);
  expect(rows).toEqual([[value]]);
});

test('D14 columns keep hostile and repeated names, because a row is a list and not an object', async () => {
  const { columns, rows } = await all('SELECT 1 AS "__proto__", 2 AS x, 3 AS x');
  expect(columns.map(({ name }) => name)).toEqual(['__proto__', 'x', 'x']);
  expect(rows).toEqual([[1, 2, 3]]);
});

test('parameters are bound, never spliced', async () => {
  const { rows } = await all('SELECT $1::text, $2::int, $3::bool, $4::text', ["'; DROP --", 5, false, null]);
  expect(rows).toEqual([["'; DROP --", 5, false, null]]);
});

test('a long result comes complete and in order over many portions', async () => {
  const { rows } = await all("SELECT g, repeat('x', 5000) FROM generate_series(1, 3000) g");
  expect(rows.map(([g]) => g)).toEqual(Array.from({ length: 3000 }, (_, index) => index + 1));
});

test.each([
  ['alone', "SELECT repeat('x', 40000000)"],
  [
    'after small ones',
    "SELECT repeat('x', CASE WHEN g > 2000 THEN 40000000 ELSE 1 END) FROM generate_series(1, 3000) g",
  ],
])('a row that would fill the memory is refused, %s', async (_what, statement) => {
  const refusal = await refusalOf(all(statement));
  expect(refusal.code).toBe('request_invalid');
  expect(refusal.message).toContain('A row of the answer has more than 32 MiB');
});

test.each([
  ['from the first row on', "SELECT repeat('x', 2000000) FROM generate_series(1, 40) g", 40],
  [
    'once many rows are asked for at a time',
    "SELECT repeat('x', CASE WHEN g > 2000 THEN 100000 ELSE 1 END) FROM generate_series(1, 3000) g",
    3000,
  ],
])(
  'an answer larger than may be held comes complete when its rows are large %s',
  async (_what, sql, rows) => {
    const result = await run(sql);
    expect(await countedRows(result)).toBe(rows);
    await result.close();
  },
);

test('rows that nobody reads are held back, and come when they are read', async () => {
  const socket = await connected(server);
  const result = await run("SELECT repeat('x', 1000000) FROM generate_series(1, 32) g", [], socket);
  await expect.poll(() => socket.isPaused()).toBe(true);
  expect(socket.bytesRead).toBeLessThan(4_000_000);
  expect(await countedRows(result)).toBe(32);
  await result.close();
});

test('a statement without a result says how many rows it changed', async () => {
  expect(await all('INSERT INTO numbers SELECT generate_series(1, 7)')).toEqual({
    columns: [],
    rows: [],
    rowsAffected: 7,
  });
});

test('an UPDATE … RETURNING that is read only in part is committed in full', async () => {
  await all('INSERT INTO numbers SELECT -1 FROM generate_series(1, 500)');
  const result = await run('UPDATE numbers SET n = -2 WHERE n = -1 RETURNING n');
  for await (const row of result.rows) {
    expect(row).toEqual([-2]);
    break;
  }
  await result.close();
  expect((await all('SELECT count(*) FROM numbers WHERE n = -2')).rows).toEqual([['500']]);
});

test('so is one whose large rows are still on their way when the reader stops', async () => {
  await all('INSERT INTO numbers SELECT -3 FROM generate_series(1, 40)');
  const result = await run("UPDATE numbers SET n = -4 WHERE n = -3 RETURNING repeat('x', 200000)");
  for await (const _row of result.rows) break;
  await result.close();
  expect((await all('SELECT count(*) FROM numbers WHERE n = -4')).rows).toEqual([['40']]);
});

const failures: readonly [what: string, statement: string, sqlstate: string][] = [
  ['two statements', 'SELECT 1; SELECT 2', '42601'],
  ['a syntax error', 'SELEC 1', '42601'],
  ['a missing right', 'DELETE FROM numbers', '42501'],
  ['an error after rows', 'SELECT 1 / (5000 - g) FROM generate_series(1, 6000) g', '22012'],
  ['a missing parameter', 'SELECT $1::int', '08P01'],
];

test.each(failures)('%s is the database’s own refusal with its SQLSTATE', async (_, statement, sqlstate) => {
  const refusal = await refusalOf(all(statement));
  expect(refusal.code).toBe('statement_failed');
  expect(refusal.details.sqlstate).toBe(sqlstate);
});

test('an empty statement is an empty answer', async () => {
  expect((await all('-- nothing')).rows).toEqual([]);
});

test.each(['COPY numbers TO STDOUT', 'COPY numbers FROM STDIN'])(
  '%s is refused and harms nothing',
  async (statement) => {
    const refusal = await refusalOf(all(statement));
    expect(refusal.code).toBe('feature_not_offered');
  },
);

test('a wrong password is an invalid token', async () => {
  const query = { database: 'postgres', role: login.name, statement: 'SELECT 1', parameters: [] };
  const refusal = await refusalOf(postgresQueryDriver.run(await connected(server), new Secret('no'), query));
  expect(refusal.code).toBe('token_invalid');
});

test('a session that the server ends is a refusal and no crash', async () => {
  const refusal = await refusalOf(all('SELECT pg_terminate_backend(pg_backend_pid())'));
  expect(refusal.code).toBe('upstream_lost');
});

test('cutting the stream ends a statement that runs', async () => {
  const stream = await connected(server);
  const query = { database: 'postgres', role: login.name, statement: 'SELECT pg_sleep(600)', parameters: [] };
  const running = refusalOf(postgresQueryDriver.run(stream, new Secret(login.password), query));
  await untilRunning('SELECT pg_sleep(600)');
  stream.destroy();
  expect((await running).code).toBe('upstream_lost');
});

test('closing twice, or before the first row was read, is harmless', async () => {
  const result = await run('SELECT generate_series(1, 100000)');
  await result.close();
  await result.close();
});

async function untilRunning(statement: string): Promise<void> {
  const admin = await server.adminClient();
  for (;;) {
    const { rows } = await admin.query('SELECT 1 FROM pg_stat_activity WHERE query = $1', [statement]);
    if (rows.length > 0) break;
  }
  await admin.end();
}
