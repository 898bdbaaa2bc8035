import pg from 'pg';
import postgres from 'postgres';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startGateway, type TestGateway } from '../support/gateway.ts';
import { psqlEnvironment, runProgram } from '../support/psql.ts';

let gateway: TestGateway;
let token: string;
beforeAll(async () => {
  gateway = await startGateway();
  token = (await gateway.tokens('editor', { scope: 'db:authdb' })).accessToken;
});
afterAll(() => gateway?.stop());

describe('node-postgres', () => {
  const connect = async () => {
    const client = new pg.Client({
      host: '127.0.0.1',
      port: gateway.port,
      user: 'me',
      database: 'authdb',
      password: token,
    });
    await client.connect();
    return client;
  };

  test('runs simple, parameterized and named prepared statements', async () => {
    const client = await connect();
    expect((await client.query('SELECT session_user')).rows).toEqual([{ session_user: 'app_readwrite' }]);
    const named = { name: 'by-name', text: 'SELECT email FROM users WHERE name = $1' };
    for (const name of ['Ada', 'Grace'])
      expect((await client.query({ ...named, values: [name] })).rows).toEqual([
        { email: `${name.toLowerCase()}@example.com` },
      ]);
    await client.end();
  });

  test('keeps a transaction together, and can go on after an error in it', async () => {
    const client = await connect();
    await client.query('BEGIN');
    await client.query("INSERT INTO users (name, email) VALUES ('Gone', 'gone@example.com')");
    await expect(client.query('SELECT 1 / 0')).rejects.toMatchObject({ code: '22012' });
    await expect(client.query('SELECT 1')).rejects.toMatchObject({ code: '25P02' });
    await client.query('ROLLBACK');
    const { rows } = await client.query("SELECT count(*)::int AS n FROM users WHERE name = 'Gone'");
    expect(rows).toEqual([{ n: 0 }]);
    await client.end();
  });

  test('takes notices, notifications and large values', async () => {
    const client = await connect();
    const heard = new Promise((resolve) => client.once('notification', ({ payload }) => resolve(payload)));
    await client.query('LISTEN news');
    await client.query("NOTIFY news, 'hello'");
    expect(await heard).toBe('hello');
    const large = 'ü'.repeat(1_000_000);
    expect((await client.query('SELECT $1::text AS large', [large])).rows).toEqual([{ large }]);
    await client.end();
  });
});

describe('postgres.js', () => {
  test('B02 answers twenty pipelined statements in their order', async () => {
    const sql = postgres({
      host: '127.0.0.1',
      port: gateway.port,
      user: 'me',
      database: 'authdb',
      password: token,
      max: 1,
    });
    const answers = await Promise.all(Array.from({ length: 20 }, (_, at) => sql`SELECT ${at}::int AS at`));
    expect(answers.map(([row]) => row?.at)).toEqual(Array.from({ length: 20 }, (_, at) => at));
    await sql.end();
  });

  test('keeps a pool of connections, and reads a cursor in portions', async () => {
    const sql = postgres({
      host: '127.0.0.1',
      port: gateway.port,
      user: 'me',
      database: 'authdb',
      password: token,
      max: 5,
    });
    const reserved = await Promise.all(Array.from({ length: 5 }, () => sql.reserve()));
    const pids = await Promise.all(reserved.map((one) => one`SELECT pg_backend_pid() AS pid`));
    expect(new Set(pids.map(([row]) => row?.pid)).size).toBe(5);
    for (const one of reserved) one.release();
    let rows = 0;
    for await (const portion of sql`SELECT generate_series(1, 1000)`.cursor(100)) rows += portion.length;
    expect(rows).toBe(1000);
    await sql.end();
  });
});

describe('psycopg', () => {
  test('runs server-side parameters, a pipeline, COPY and a transaction', async () => {
    const program = `
import psycopg
with psycopg.connect("") as connection:
    with connection.cursor() as cursor:
        cursor.execute("SELECT session_user, %s::int + 1", (41,))
        print(*cursor.fetchone())
        cursor.execute("CREATE TEMPORARY TABLE copied (n int)")
        with cursor.copy("COPY copied FROM STDIN") as copy:
            for n in range(1000):
                copy.write_row((n,))
        cursor.execute("SELECT sum(n) FROM copied")
        print(*cursor.fetchone())
    with connection.pipeline():
        cursors = [connection.execute("SELECT %s::int", (n,)) for n in range(20)]
    print(sum(cursor.fetchone()[0] for cursor in cursors))
    try:
        connection.execute("DELETE FROM pg_authid")
    except psycopg.errors.InsufficientPrivilege as refused:
        print(refused.sqlstate)
        connection.rollback()
`;
    const end = await runProgram('/usr/bin/python3', ['-c', program], psqlEnvironment(gateway, { token }));
    expect(end.stderr).toBe('');
    expect(end.stdout.split('\n')).toEqual(['app_readwrite 42', '499500', '190', '42501']);
  });
});
