import type { Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type MysqlVersion, mysqlVersions } from '../../../../../tests/support/mysql-builds.ts';
import { MysqlFixture, mysqlDatabase } from '../../../../../tests/support/mysql-fixture.ts';
import { connected, countedRows, wholeAnswer } from '../../../../../tests/support/query-answers.ts';
import { Secret } from '../../core/index.ts';
import { refusalOf } from '../../core/testing/index.ts';
import { JsonText, type QueryRequest } from '../query-driver.ts';
import { mysqlQueryDriver } from './query-driver.ts';

const blob = (hex: string) => Buffer.from(hex, 'hex').toString('base64');

/** The same for the text protocol and, with a parameter in the statement, for the binary one. */
const values: readonly [sql: string, type: string, value: unknown][] = [
  ['CAST(9007199254740993 AS SIGNED)', 'bigint', '9007199254740993'],
  ['CAST(18446744073709551615 AS UNSIGNED)', 'bigint unsigned', '18446744073709551615'],
  [
    "CAST('123456789012345678901234567890.123456789' AS DECIMAL(40,9))",
    'decimal',
    '123456789012345678901234567890.123456789',
  ],
  ['0.1E0', 'double', 0.1],
  ["CAST('2024-02-29' AS DATE)", 'date', '2024-02-29'],
  ["CAST('2024-02-29 12:00:00.123456' AS DATETIME(6))", 'datetime', '2024-02-29 12:00:00.123456'],
  ["CAST('2024-02-29 12:00:00' AS DATETIME(3))", 'datetime', '2024-02-29 12:00:00.000'],
  ["CAST('-838:59:58.5' AS TIME(2))", 'time', '-838:59:58.50'],
  ["CAST('10:00:00' AS TIME)", 'time', '10:00:00'],
  ["CONCAT('ü', '😀')", 'varchar', 'ü😀'],
];

/** Columns of a table, which have types that an expression has not. */
const columns: readonly [definition: string, stored: string, type: string, value: unknown][] = [
  ['TINYINT', '-7', 'tinyint', -7],
  ['TINYINT UNSIGNED', '255', 'tinyint unsigned', 255],
  ['SMALLINT', '-32768', 'smallint', -32768],
  ['MEDIUMINT UNSIGNED', '16777215', 'mediumint unsigned', 16777215],
  ['INT UNSIGNED', '4294967295', 'int unsigned', 4294967295],
  ['BIGINT', '-9223372036854775808', 'bigint', '-9223372036854775808'],
  ['FLOAT', '0.1', 'float', 0.1],
  ['YEAR', '2024', 'year', 2024],
  ['BIT(10)', "b'0000000101'", 'bit', '0000000101'],
  ['CHAR(3)', "'abc'", 'char', 'abc'],
  ['VARCHAR(20)', "''", 'varchar', ''],
  ['VARCHAR(20)', 'NULL', 'varchar', null],
  ['BINARY(2)', "x'00ff'", 'binary', blob('00ff')],
  ['VARBINARY(4)', "x'00ff'", 'varbinary', blob('00ff')],
  ['BLOB', "x'00ff00'", 'blob', blob('00ff00')],
  ['TEXT', "'long'", 'text', 'long'],
  ["ENUM('a','b')", "'b'", 'enum', 'b'],
  ["SET('a','b')", "'a,b'", 'set', 'a,b'],
  ['TIMESTAMP(3) NULL', "'2024-02-29 12:00:00.5'", 'timestamp', '2024-02-29 12:00:00.500'],
  ['POINT', 'POINT(1, 2)', 'geometry', blob('000000000101000000000000000000f03f0000000000000040')],
];

/** Types of one product only. */
const ofProduct: Readonly<Record<MysqlVersion, typeof columns>> = {
  'mysql-9.7': [
    ['JSON', `'{"n": 9007199254740993}'`, 'json', new JsonText('{"n": 9007199254740993}')],
    ['VECTOR(2)', "STRING_TO_VECTOR('[1,2]')", 'vector', blob('0000803f00000040')],
  ],
  'mariadb-10.11': [
    ['JSON', `'{"n": 9007199254740993}'`, 'text', '{"n": 9007199254740993}'],
    ['UUID', "'123e4567-e89b-12d3-a456-426655440000'", 'char', '123e4567-e89b-12d3-a456-426655440000'],
  ],
  'mariadb-11.8': [['INET6', "'::1'", 'char', '::1']],
};

const failures: readonly [what: string, statement: string, sqlstate: string][] = [
  ['two statements', 'SELECT 1; SELECT 2', '42000'],
  ['a syntax error', 'SELEC 1', '42000'],
  ['a missing right', 'SELECT * FROM mysql.user', '42000'],
  [
    'an error after rows',
    'SELECT n, (SELECT 1 UNION SELECT n FROM numbers LIMIT 1, 2) FROM numbers',
    '21000',
  ],
  ['a missing parameter', 'SELECT ?', '42000'],
];

describe.for(mysqlVersions)('the query driver on %s', (version) => {
  const samples = [...columns, ...ofProduct[version]];
  let fixture: MysqlFixture;
  let door: { readonly host: string; readonly port: number };

  beforeAll(async () => {
    fixture = await MysqlFixture.start(version);
    door = { host: '127.0.0.1', port: (await fixture.open()).port };
    for (const sql of [
      'CREATE TABLE app.numbers (n int)',
      'CREATE TABLE app.digits (d int)',
      'INSERT INTO app.digits VALUES (0),(1),(2),(3),(4),(5),(6),(7),(8),(9)',
      'CREATE PROCEDURE app.two() BEGIN SELECT 1 AS a; SELECT 2 AS b; END',
      'CREATE PROCEDURE app.one() SELECT 1 AS a',
      `CREATE TABLE app.samples (${samples.map(([definition], index) => `c${index} ${definition}`).join(', ')})`,
      `INSERT INTO app.samples VALUES (${samples.map(([, stored]) => stored).join(', ')})`,
    ]) {
      await fixture.admin.query(sql);
    }
  });
  afterAll(async () => await fixture.stop());

  async function run(statement: string, parameters: QueryRequest['parameters'] = [], over?: Socket) {
    const query = { database: mysqlDatabase, role: 'reader', statement, parameters };
    return await mysqlQueryDriver.run(over ?? (await connected(door)), new Secret('token'), query);
  }

  async function all(statement: string, parameters: QueryRequest['parameters'] = []) {
    return await wholeAnswer(await run(statement, parameters));
  }

  test.for(values)(
    'SELECT %s leaves as %s with its exact value, in both protocols',
    async ([sql, type, value]) => {
      const expected = { columns: [{ name: 'v', type }], rows: [[value]], rowsAffected: undefined };
      expect(await all(`SELECT ${sql} AS v`)).toEqual(expected);
      expect(await all(`SELECT ${sql} AS v FROM digits WHERE d = ?`, [7])).toEqual(expected);
    },
  );

  test.for(
    samples.map(([definition, stored, type, value], index) => ({ definition, stored, type, value, index })),
  )(
    'a column of $definition with $stored leaves as $type, in both protocols',
    async ({ type, value, index }) => {
      const expected = { columns: [{ name: `c${index}`, type }], rows: [[value]], rowsAffected: undefined };
      expect(await all(`SELECT c${index} FROM samples`)).toEqual(expected);
      expect(await all(`SELECT c${index} FROM samples WHERE 1 = ?`, [1])).toEqual(expected);
    },
  );

  test('D14 columns keep hostile and repeated names, because a row is a list and not an object', async () => {
    const names = ['__proto__', "x'] = process.exit(); //", 'x', 'x'];
    const list = names.map((name, index) => `${index} AS \`${name}\``).join(', ');
    const { columns: described, rows } = await all(`SELECT ${list}`);
    expect(described.map(({ name }) => name)).toEqual(names);
    expect(rows).toEqual([
      ['0', '1', '2', '3'].map((digit) => (version === 'mysql-9.7' ? digit : Number(digit))),
    ]);
  });

  test('parameters are bound, never spliced', async () => {
    const { rows } = await all('SELECT ?, ? = 5, ?, d FROM digits ORDER BY d LIMIT ?', [
      "'; DROP --\\",
      5,
      null,
      1,
    ]);
    expect(rows.map(([text, equal, none]) => [text, Number(equal), none])).toEqual([
      ["'; DROP --\\", 1, null],
    ]);
  });

  test('a long result comes complete and in order, however slowly it is read', async () => {
    const statement = `SELECT a.d * 1000 + b.d * 100 + c.d * 10 + e.d AS n, REPEAT('x', 5000)
      FROM digits a, digits b, digits c, digits e ORDER BY n`;
    const result = await run(statement);
    const seen: unknown[] = [];
    for await (const [n] of result.rows) {
      if (seen.length % 1000 === 0) await new Promise((resolve) => setImmediate(resolve));
      seen.push(Number(n));
    }
    await result.close();
    expect(seen).toEqual(Array.from({ length: 10_000 }, (_, index) => index));
  });

  test('a row that would fill the memory is refused', async () => {
    const refusal = await refusalOf(all(`SELECT ${Array(12).fill("REPEAT('x', 3000000)").join(', ')}`));
    expect(refusal.code).toBe('request_invalid');
    expect(refusal.message).toContain('A row of the answer has more than 32 MiB');
  });

  test.for([
    ["SELECT REPEAT('x', 2000000) FROM digits a, digits b LIMIT 20", []],
    ['SELECT REPEAT(?, 2000000) FROM digits a, digits b LIMIT 20', ['x']],
  ] as const)('an answer of large rows comes complete however large it is: %s', async ([sql, parameters]) => {
    const result = await run(sql, parameters);
    expect(await countedRows(result)).toBe(20);
    await result.close();
  });

  test('rows that nobody reads are held back, and come when they are read', async () => {
    const socket = await connected(door);
    const result = await run("SELECT REPEAT('x', 1000000) FROM digits a, digits b LIMIT 20", [], socket);
    await expect.poll(() => socket.isPaused()).toBe(true);
    expect(socket.bytesRead).toBeLessThan(4_000_000);
    expect(await countedRows(result)).toBe(20);
    await result.close();
  });

  test('a statement without a result says how many rows it changed', async () => {
    await all('DELETE FROM numbers');
    expect(await all('INSERT INTO numbers SELECT d FROM digits')).toEqual({
      columns: [],
      rows: [],
      rowsAffected: 10,
    });
    expect((await all('UPDATE numbers SET n = n WHERE n < ?', [3])).rowsAffected).toBe(3);
  });

  test.for(failures)(
    '%s is the database’s own refusal with its SQLSTATE',
    async ([, statement, sqlstate]) => {
      await all('DELETE FROM numbers');
      await all('INSERT INTO numbers VALUES (1), (1), (2), (3)');
      const refusal = await refusalOf(all(statement));
      expect([refusal.code, refusal.details.sqlstate]).toEqual(['statement_failed', sqlstate]);
    },
  );

  test('a procedure may give one result, and not two', async () => {
    expect((await all('CALL one()')).rows.map((row) => row.map(Number))).toEqual([[1]]);
    expect((await refusalOf(all('CALL two()'))).code).toBe('feature_not_offered');
  });

  test('an empty statement is an empty answer', async () => {
    expect((await all('-- nothing')).rows).toEqual([]);
  });

  test('LOAD DATA LOCAL reads no file of the gateway', async () => {
    const refusal = await refusalOf(all(`LOAD DATA LOCAL INFILE '/etc/passwd' INTO TABLE numbers`));
    expect(refusal.code).toBe('statement_failed');
  });

  test('a session that the server ends is a refusal and no crash', async () => {
    expect((await refusalOf(all('KILL CONNECTION_ID()'))).code).toMatch(/^(upstream_lost|statement_failed)$/);
  });

  test('cutting the stream ends a statement that runs', async () => {
    const stream = await connected(door);
    const query = { database: mysqlDatabase, statement: 'SELECT /* cut */ SLEEP(600)', parameters: [] };
    const running = refusalOf(mysqlQueryDriver.run(stream, new Secret('token'), query));
    await fixture.runs('cut', true);
    stream.destroy();
    expect((await running).code).toBe('upstream_lost');
    await fixture.runs('cut', false);
  });

  test('closing twice, or before the first row was read, is harmless and ends the statement', async () => {
    // The server holds back rows until there are 16 KiB of them.
    const result = await run(
      `SELECT /* closed */ SLEEP(0.01), REPEAT('x', 20000) FROM digits a, digits b, digits c, digits e`,
    );
    await result.close();
    await result.close();
    await fixture.runs('closed', false);
  });
});
