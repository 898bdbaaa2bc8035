import { once } from 'node:events';
import { connect } from 'node:net';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import {
  type AwsAnswer,
  type AwsHandler,
  awsEnvironment,
  startAws,
  type TestAws,
} from '../../../../../../tests/support/aws.ts';
import { type EngineDoor, openEngineDoor } from '../../../../../../tests/support/engine-door.ts';
import { startPostgres, type TestPostgres } from '../../../../../../tests/support/postgres.ts';
import { serveRedshiftData, type TestRedshiftData } from '../../../../../../tests/support/redshift-data.ts';
import { type AwsAccess, Refusal, Secret } from '../../../core/index.ts';
import { refusalOf } from '../../../core/testing/index.ts';
import { postgresQueryDriver } from '../../postgres/query-driver.ts';
import { redshiftEngine } from '../index.ts';

let server: TestPostgres;
let aws: TestAws;
let data: TestRedshiftData;
let door: EngineDoor;

beforeAll(async () => {
  for (const [name, value] of Object.entries(awsEnvironment)) vi.stubEnv(name, value);
  server = await startPostgres({ hba: ['host all all 127.0.0.1/32 trust'] });
  const admin = await server.adminClient();
  await admin.query(`
    CREATE ROLE analyst LOGIN;
    CREATE TABLE sales (id int, note text);
    INSERT INTO sales VALUES (1, 'one'), (2, NULL);
    GRANT SELECT, UPDATE, INSERT ON sales TO analyst;
  `);
  await admin.end();
  aws = await startAws();
  data = serveRedshiftData(aws, server);
});
beforeEach(async () => {
  door = await open();
});
afterEach(async () => {
  await door.close();
  aws.calls.splice(0);
  data.executed.splice(0);
  data.cancelled.splice(0);
  data.pageRows = 100;
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await data.stop();
  await aws.stop();
  await server.stop();
});

function open(access: Partial<AwsAccess> = {}): Promise<EngineDoor> {
  const database = {
    engine: 'redshift',
    host: '',
    port: 5439,
    aws: {
      region: 'eu-central-1',
      warehouse: { kind: 'cluster', identifier: 'sales' },
      loginAs: 'role',
      autoCreate: false,
      durationMs: 900_000,
      endpoint: aws.endpoint,
      ...access,
    },
  } as const;
  return openEngineDoor({ engine: redshiftEngine, database, login: 'analyst' });
}

async function start(statement: string, parameters: readonly (string | number | boolean | null)[] = []) {
  const stream = connect({ port: door.port, host: '127.0.0.1' });
  await once(stream, 'connect');
  const query = { database: 'testdb', statement, parameters };
  return { stream, result: postgresQueryDriver.run(stream, new Secret('token'), query) };
}

async function ask(statement: string, parameters: readonly (string | number | boolean | null)[] = []) {
  const { result: running } = await start(statement, parameters);
  const result = await running;
  const rows = [];
  for await (const row of result.rows) rows.push(row);
  await result.close();
  return { columns: result.columns, rows, changed: result.rowsAffected() };
}

/** Answers one action in another way for as long as `work` takes. */
async function whileAnswering<T>(action: string, handler: AwsHandler, work: () => Promise<T>): Promise<T> {
  const own = aws.handlers.get(action);
  aws.handlers.set(action, handler);
  try {
    return await work();
  } finally {
    if (own !== undefined) aws.handlers.set(action, own);
  }
}

describe('a statement through the Data API', () => {
  test('runs as the login of the role, and its values come as from a connection', async () => {
    const answer = await ask(
      `SELECT session_user::varchar AS who, 9007199254740993::bigint AS big, -9223372036854775808 AS least,
              7::int4 AS small, 0.1::numeric(10,1) AS decimal, 0.5::float8 AS half, true AS yes,
              NULL::varchar AS nothing, '{"longValue":9007199254740993}'::varchar AS trap`,
    );
    expect(answer.rows).toEqual([
      [
        'analyst',
        '9007199254740993',
        '-9223372036854775808',
        7,
        '0.1',
        0.5,
        true,
        null,
        '{"longValue":9007199254740993}',
      ],
    ]);
    expect(answer.columns.slice(0, 4)).toEqual([
      { name: 'who', type: 'varchar' },
      { name: 'big', type: 'int8' },
      { name: 'least', type: 'int8' },
      { name: 'small', type: 'int4' },
    ]);
    expect(data.executed).toMatchObject([
      { ClusterIdentifier: 'sales', Database: 'postgres', DbUser: 'analyst' },
    ]);
  });

  test('binds parameters by name, and writes NULL out', async () => {
    const statement =
      "SELECT $1::int + 1 AS next, $2::varchar AS word, $3::varchar AS nothing, '$1'::varchar AS text";
    expect((await ask(statement, [41, "it's", null])).rows).toEqual([[42, "it's", null, '$1']]);
    expect(data.executed[0]?.Parameters).toEqual([
      { name: 'p1', value: '41' },
      { name: 'p2', value: "it's" },
    ]);
  });

  test('gives all pages of a result', async () => {
    data.pageRows = 7;
    const { rows } = await ask('SELECT n FROM generate_series(1, 100) AS n');
    expect(rows).toEqual(Array.from({ length: 100 }, (_, index) => [index + 1]));
    expect(aws.calls.filter(({ action }) => action === 'GetStatementResult')).toHaveLength(15);
  });

  test('asks for no page that nobody reads', async () => {
    data.pageRows = 10;
    const { result: running } = await start('SELECT n FROM generate_series(1, 1000) AS n');
    const result = await running;
    for await (const row of result.rows) if (row[0] === 5) break;
    await result.close();
    await door.settled();
    expect(aws.calls.filter(({ action }) => action === 'GetStatementResult').length).toBeLessThan(10);
  });

  test('says how many rows it changed', async () => {
    expect((await ask("UPDATE sales SET note = 'x' WHERE id < 3")).changed).toBe(2);
    expect((await ask("/* why */ INSERT INTO sales VALUES (3, 'three')")).changed).toBe(1);
  });

  test('is recorded like any other: text, values, rows, outcome', async () => {
    await ask('SELECT id FROM sales WHERE id <= $1', [2]);
    await refusalOf(ask('SELECT * FROM nowhere'));
    await door.settled();
    expect(door.statements).toMatchObject([
      { text: 'SELECT id FROM sales WHERE id <= $1', parameters: ['2'], rows: 2, outcome: 'succeeded' },
      { text: 'SELECT * FROM nowhere', outcome: 'failed', errorCode: 'HY000' },
    ]);
  });

  test('that the database refuses is refused with its words', async () => {
    const refusal = await refusalOf(ask('DELETE FROM sales'));
    expect(refusal).toMatchObject({ code: 'statement_failed' });
    expect(refusal.message).toMatch(/permission denied for table sales/);
  });

  test('with more parameters than values is refused before anything runs', async () => {
    expect(await refusalOf(ask('SELECT $2', ['one']))).toMatchObject({ code: 'statement_failed' });
    expect(data.executed).toEqual([]);
  });

  test('is cancelled at AWS when the caller goes away', async () => {
    const { stream, result } = await start('SELECT pg_sleep(60)');
    const outcome = result.catch((thrown: unknown) => thrown);
    while (!aws.calls.some(({ action }) => action === 'DescribeStatement')) {
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    stream.destroy();
    await outcome;
    await door.settled();
    while (data.cancelled.length === 0) await new Promise((resolve) => setTimeout(resolve, 10));
    expect(door.statements).toMatchObject([{ text: 'SELECT pg_sleep(60)', outcome: 'unfinished' }]);
  });

  test('ends when its session is ended from our side, and is cancelled', async () => {
    const { result } = await start('SELECT pg_sleep(60)');
    const outcome = result.catch((thrown: unknown) => thrown);
    while (!aws.calls.some(({ action }) => action === 'DescribeStatement')) {
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    await door.relays[0]?.stop(new Refusal('access_revoked', { reason: 'a test' }), 1_500);
    expect(await outcome).toBeInstanceOf(Refusal);
    while (data.cancelled.length === 0) await new Promise((resolve) => setTimeout(resolve, 10));
  });

  test('runs as the AWS identity where the database goes by that', async () => {
    const own = door;
    door = await open({ warehouse: { kind: 'workgroup', name: 'adhoc' }, loginAs: 'iam' });
    await own.close();
    const refusal = await refusalOf(ask('SELECT 1'));
    expect(refusal.code).toBe('upstream_lost');
    expect(data.executed).toMatchObject([{ WorkgroupName: 'adhoc' }]);
    expect(data.executed[0]).not.toHaveProperty('DbUser');
  });
});

describe('a statement that the Data API says ended badly', () => {
  const ends: readonly [
    what: string,
    state: Readonly<Record<string, string>>,
    sqlstate: string,
    says: string,
  ][] = [
    [
      'with a SQLSTATE in its words',
      { Status: 'FAILED', Error: 'ERROR: relation "x" does not exist SQLState: 42P01' },
      '42P01',
      'relation "x" does not exist SQLState: 42P01',
    ],
    [
      'with words alone',
      { Status: 'FAILED', Error: 'ERROR: current transaction is aborted' },
      'HY000',
      'current transaction is aborted',
    ],
    ['without a word', { Status: 'FAILED' }, 'HY000', 'The statement failed.'],
    [
      'because its result is too large',
      { Status: 'FAILED', Error: 'Query result size exceeds the limit of 500 MB' },
      'HY000',
      'Query result size exceeds the limit of 500 MB',
    ],
    [
      'because its time is over',
      { Status: 'FAILED', Error: "ERROR: Query (12) cancelled on user's request SQLState: 57014" },
      '57014',
      "Query (12) cancelled on user's request SQLState: 57014",
    ],
    [
      'because its session ended',
      { Status: 'ABORTED', Error: 'Session is not available.' },
      '57014',
      'Session is not available.',
    ],
    ['because somebody aborted it', { Status: 'ABORTED' }, '57014', 'The statement was cancelled.'],
  ];
  test.each(ends)('%s is refused with what is known', async (_, state, sqlstate, message) => {
    const refusal = await whileAnswering(
      'DescribeStatement',
      ({ input }) => ({ output: { Id: input.Id, ...state } }),
      () => refusalOf(ask('SELECT 1')),
    );
    expect(refusal).toMatchObject({ code: 'statement_failed', details: { message, sqlstate } });
    await door.settled();
    expect(door.statements).toMatchObject([{ text: 'SELECT 1', errorCode: sqlstate }]);
  });

  test('while its pages are read tells those who read, after the rows that came', async () => {
    data.pageRows = 2;
    let pages = 0;
    const own = aws.handlers.get('GetStatementResult');
    const rows = await whileAnswering(
      'GetStatementResult',
      (call) => {
        pages += 1;
        return pages === 1 && own !== undefined ? own(call) : { error: 'AccessDeniedException' };
      },
      () => refusalOf(ask('SELECT generate_series(1, 5)')),
    );
    expect(rows.code).toBe('upstream_lost');
    expect(String(rows.cause)).toMatch(/lacks the permission/);
  });

  test('is over for its caller also when AWS does not take the cancelling', async () => {
    let asked = 0;
    await whileAnswering(
      'CancelStatement',
      () => {
        asked += 1;
        return { error: 'AccessDeniedException' };
      },
      async () => {
        const { stream, result } = await start('SELECT pg_sleep(1)');
        const outcome = result.catch((thrown: unknown) => thrown);
        while (!aws.calls.some(({ action }) => action === 'DescribeStatement')) {
          await new Promise((resolve) => setTimeout(resolve, 10));
        }
        stream.destroy();
        await outcome;
        await door.settled();
        while (asked === 0) await new Promise((resolve) => setTimeout(resolve, 10));
      },
    );
    expect(door.statements).toMatchObject([{ outcome: 'unfinished' }]);
  });
});

describe('a Data API that does not do it', () => {
  const failures: readonly [what: string, action: string, answer: AwsAnswer, cause: RegExp][] = [
    ['permits nothing', 'ExecuteStatement', { error: 'AccessDeniedException' }, /lacks the permission/],
    ['knows no such cluster', 'ExecuteStatement', { error: 'ResourceNotFoundException' }, /no such cluster/],
    ['throttles', 'ExecuteStatement', { error: 'ThrottlingException' }, /throttles/],
    ['runs too many', 'ExecuteStatement', { error: 'ActiveStatementsExceededException' }, /throttles/],
    ['gives no id', 'ExecuteStatement', { output: {} }, /no id/],
    ['forgets the statement', 'DescribeStatement', { error: 'ResourceNotFoundException' }, /no such/],
    [
      'fails by itself',
      'GetStatementResult',
      { error: 'InternalServerException', status: 500 },
      /does not answer/,
    ],
    ['answers with nonsense', 'DescribeStatement', { raw: '<html>' }, /redshift-data/],
    ['hangs up', 'DescribeStatement', 'hang_up', /does not answer/],
    [
      'does not take the statement',
      'ExecuteStatement',
      { error: 'ValidationException', message: 'Cannot exceed 100 KB' },
      /does not take this call, and says why \(ValidationException: Cannot exceed 100 KB/,
    ],
    [
      'cannot reach the warehouse',
      'ExecuteStatement',
      { error: 'ExecuteStatementException', message: 'Connection attempt timed out', status: 500 },
      /could not run the statement, and says why .*Connection attempt timed out/,
    ],
    ['has too many sessions', 'ExecuteStatement', { error: 'ActiveSessionsExceededException' }, /throttles/],
    ['permits no questions', 'DescribeStatement', { error: 'AccessDeniedException' }, /lacks the permission/],
    [
      'is asked by too many',
      'DescribeStatement',
      { error: 'ActiveWaitingRequestsExceededException' },
      /throttles/,
    ],
    ['permits no results', 'GetStatementResult', { error: 'AccessDeniedException' }, /lacks the permission/],
    ['throttles pages', 'GetStatementResult', { error: 'ThrottlingException' }, /throttles/],
    ['forgets the result', 'GetStatementResult', { error: 'ResourceNotFoundException' }, /no such/],
    [
      'has a result that it cannot give',
      'GetStatementResult',
      { error: 'ValidationException', message: 'Query result is too large' },
      /does not take this call, and says why .*too large/,
    ],
  ];
  test.each(failures)(
    'because it %s is told as lost, and why goes to the log',
    async (_, action, answer, cause) => {
      const refusal = await whileAnswering(
        action,
        () => answer,
        () => refusalOf(ask('SELECT 1')),
      );
      expect(refusal.code).toBe('upstream_lost');
      expect(String(refusal.cause)).toMatch(cause);
      await door.settled();
      expect(door.statements).toMatchObject([{ text: 'SELECT 1', outcome: 'failed' }]);
    },
  );
});
