import { randomUUID } from 'node:crypto';
import pg from 'pg';
import type { AwsCall, TestAws } from './aws.ts';
import type { TestPostgres } from './postgres.ts';

/**
 * The Redshift Data API in front of a real PostgreSQL: statements run there, each in a connection and transaction of its
 * own, as the `DbUser` of the call. Answers have the form of Amazon's; types and errors are PostgreSQL's.
 */
export interface TestRedshiftData {
  /** The statements that were run, with their parameters. */
  readonly executed: AwsCall['input'][];
  /** Ids of statements that were cancelled while they ran. */
  readonly cancelled: string[];
  /** Rows on a page of a result. */
  pageRows: number;
  /** Waits until all connections are closed. */
  stop(): Promise<void>;
}

interface Running {
  readonly client: pg.Client;
  readonly ended: Promise<void>;
  status: 'STARTED' | 'FINISHED' | 'FAILED' | 'ABORTED';
  error?: string;
  result?: pg.QueryArrayResult<(string | null)[]>;
}

/** Names that Redshift has for PostgreSQL's types, by object id. */
const typeNames = new Map([
  [16, 'bool'],
  [20, 'int8'],
  [21, 'int2'],
  [23, 'int4'],
  [701, 'float8'],
  [1043, 'varchar'],
  [1082, 'date'],
  [1114, 'timestamp'],
  [1700, 'numeric'],
  [3802, 'super'],
]);

/** Lets `aws` answer the calls of the Data API. */
export function serveRedshiftData(aws: TestAws, server: TestPostgres): TestRedshiftData {
  const statements = new Map<string, Running>();
  const data: TestRedshiftData = {
    executed: [],
    cancelled: [],
    pageRows: 100,
    stop: async () => {
      await Promise.all([...statements.values()].map(({ ended }) => ended));
    },
  };

  aws.handlers.set('ExecuteStatement', async ({ input }) => {
    data.executed.push(input);
    const client = new pg.Client({
      host: server.host,
      port: server.port,
      user: String(input.DbUser ?? 'iam_identity'),
      database: String(input.Database),
    });
    client.on('error', () => {});
    try {
      await client.connect();
    } catch (thrown) {
      return { error: 'ValidationException', message: String(thrown) };
    }
    const id = randomUUID();
    statements.set(id, run(client, input));
    return { output: { Id: id, Database: input.Database } };
  });

  aws.handlers.set('DescribeStatement', async ({ input }) => {
    const statement = statements.get(String(input.Id));
    if (statement === undefined) return { error: 'ResourceNotFoundException' };
    await Promise.race([statement.ended, new Promise((resolve) => setTimeout(resolve, 200))]);
    const { status, error, result } = statement;
    const hasResult = (result?.fields.length ?? 0) > 0;
    return {
      output: {
        Id: input.Id,
        Status: status,
        HasResultSet: hasResult,
        ResultRows: result?.rowCount ?? -1,
        ...(error === undefined ? {} : { Error: error }),
      },
    };
  });

  aws.handlers.set('GetStatementResult', ({ input }) => {
    const result = statements.get(String(input.Id))?.result;
    if (result === undefined) return { error: 'ResourceNotFoundException' };
    const from = Number(input.NextToken ?? 0);
    const to = from + data.pageRows;
    const columns = result.fields.map(({ name, dataTypeID }) => ({
      name,
      label: name,
      typeName: typeNames.get(dataTypeID) ?? 'varchar',
    }));
    const records = result.rows
      .slice(from, to)
      .map((row) => `[${row.map((value, at) => field(value, result.fields[at]?.dataTypeID)).join(',')}]`);
    const next = to < result.rows.length ? `,"NextToken":"${to}"` : '';
    return {
      raw: `{"ColumnMetadata":${JSON.stringify(columns)},"Records":[${records.join(',')}],"TotalNumRows":${result.rows.length}${next}}`,
    };
  });

  aws.handlers.set('CancelStatement', async ({ input }) => {
    const statement = statements.get(String(input.Id));
    if (statement?.status !== 'STARTED') return { error: 'ValidationException', message: 'it has ended' };
    data.cancelled.push(String(input.Id));
    const admin = await server.adminClient();
    await admin.query('SELECT pg_cancel_backend($1)', [backendPid(statement.client)]);
    await admin.end();
    return { output: { Status: true } };
  });
  return data;
}

function run(client: pg.Client, input: AwsCall['input']): Running {
  const parameters = (input.Parameters ?? []) as readonly { readonly name: string; readonly value: string }[];
  const names = parameters.map(({ name }) => name);
  const text = String(input.Sql).replace(/:(p\d+)/g, (_, name: string) => `$${names.indexOf(name) + 1}`);
  const { promise: ended, resolve } = Promise.withResolvers<void>();
  const running: Running = { client, ended, status: 'STARTED' };
  client
    .query<(string | null)[]>({
      text: parameters.length === 0 ? String(input.Sql) : text,
      values: parameters.map(({ value }) => value),
      rowMode: 'array',
      types: { getTypeParser: () => (value: string) => value },
    })
    .then(
      (result) => {
        running.result = result;
        running.status = 'FINISHED';
      },
      (error: pg.DatabaseError) => {
        running.error = `ERROR: ${error.message}`;
        running.status = error.code === '57014' ? 'ABORTED' : 'FAILED';
      },
    )
    .finally(async () => {
      await client.end();
      resolve();
    });
  return running;
}

/** The driver keeps it without a type. */
function backendPid(client: pg.Client): unknown {
  return Reflect.get(client, 'processID');
}

function field(value: string | null | undefined, type = 0): string {
  if (value === null || value === undefined) return '{"isNull":true}';
  if (type === 16) return `{"booleanValue":${value === 't'}}`;
  // Digits as they are: a JavaScript number would lose some.
  if (type === 20 || type === 21 || type === 23) return `{"longValue":${value}}`;
  if (type === 701) return `{"doubleValue":${value}}`;
  return `{"stringValue":${JSON.stringify(value)}}`;
}
