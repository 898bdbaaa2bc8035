import { createConnection } from 'mariadb';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { databasePrograms } from '../../../packages/cli/src/database-programs.ts';
import { type MysqlBuild, mysqlBuilds, mysqlVersions } from '../../support/mysql-builds.ts';
import { pythonWithMysqlConnector } from '../../support/mysql-connector-python.ts';
import { type MysqlGateway, shopLogin, shops, startMysqlGateway } from '../../support/mysql-gateway.ts';
import { runProgram } from '../../support/psql.ts';
import { findServerProgram } from '../../support/server-program.ts';

let mysql: MysqlGateway;
beforeAll(async () => {
  mysql = await startMysqlGateway();
});
afterAll(() => mysql?.stop());

const account = `SELECT CURRENT_USER()`;

describe.for(mysqlVersions)('the command line client of %s', (clientVersion) => {
  const build: MysqlBuild = mysqlBuilds[clientVersion];
  const tls = build.product === 'mysql' ? '--ssl-mode=REQUIRED' : '--ssl';

  const cli = async (token: string, database: string, ...args: readonly string[]) => {
    const program = await findServerProgram(build);
    const [command, ...before] = program.command(build.client);
    const where = [
      '--no-defaults',
      '--protocol=TCP',
      '--host=127.0.0.1',
      `--port=${mysql.port}`,
      '--user=me',
    ];
    const plain = ['--batch', '--skip-column-names', `--database=${database}`, ...args];
    return await runProgram(command, [...before, ...where, tls, ...plain], {
      PATH: process.env.PATH,
      MYSQL_PWD: token,
    });
  };

  test.for(mysqlVersions)('signs in to %s with a token alone, and is the role’s account', async (version) => {
    const token = await mysql.token(version, 'editor', 'readwrite');
    const read = await cli(token, shops[version], '-e', `${account}; SELECT name FROM users WHERE id = 1`);
    expect(read).toMatchObject({ code: 0, stdout: `${shopLogin('readwrite')}@%\nAda` });
    const made = await cli(token, shops[version], '-e', 'CREATE TABLE mine (id INT)');
    expect(made.stderr).toMatch(/ERROR 1142 \(42000\).* CREATE command denied/);
  });

  test('is told what to do by a wrong token', async () => {
    const { code, stderr } = await cli('gwt_wrong', 'shop_mysql', '-e', 'SELECT 1');
    expect(code).toBe(1);
    expect(stderr).toMatch(/ERROR 1045 \(28000\): This access token is not valid any more/);
  });
});

describe.for(mysqlVersions)('on %s', (version) => {
  test('the node client of MariaDB runs statements, prepared ones and batches', async () => {
    const client = await createConnection({
      host: '127.0.0.1',
      port: mysql.port,
      user: 'me',
      password: await mysql.token(version, 'editor', 'readwrite'),
      database: shops[version],
      ssl: { rejectUnauthorized: false },
      rowsAsArray: true,
    });
    expect(await client.query(account)).toEqual([[`${shopLogin('readwrite')}@%`]]);
    expect(await client.execute('SELECT name FROM users WHERE id = ?', [2])).toEqual([['Grace']]);
    await client.query('DELETE FROM users WHERE id > 100');
    await client.batch('INSERT INTO users (id, name) VALUES (?, ?)', [
      [101, 'Barbara'],
      [102, 'Frances'],
    ]);
    expect(await client.query('SELECT name FROM users WHERE id > 100 ORDER BY id')).toEqual([
      ['Barbara'],
      ['Frances'],
    ]);
    await client.end();
  });

  test('PyMySQL signs in over TLS and reads', async () => {
    const program = `
import os, pymysql
c = pymysql.connect(host='127.0.0.1', port=${mysql.port}, user='me', password=os.environ['TOKEN'],
                    database='${shops[version]}', ssl={'verify_mode': 'none'})
with c.cursor() as cursor:
    cursor.execute('${account}')
    print(cursor.fetchone()[0])
    cursor.execute('SELECT balance FROM users WHERE name = %s', ('Ada',))
    print(cursor.fetchone()[0])
`;
    const end = await runProgram('/usr/bin/python3', ['-c', program], {
      PATH: process.env.PATH,
      TOKEN: await mysql.token(version, 'viewer', 'readonly'),
    });
    expect(end).toMatchObject({ code: 0, stdout: `${shopLogin('readonly')}@%\n12345678901234567.89` });
  });

  test('mysqlclient, which Django uses, signs in over TLS, reads and writes', async () => {
    const program = `
import os, MySQLdb
c = MySQLdb.connect(host='127.0.0.1', port=${mysql.port}, user='me', password=os.environ['TOKEN'],
                    database='${shops[version]}', ssl={'cipher': 'DEFAULT'}, charset='utf8mb4')
cursor = c.cursor()
cursor.execute('${account}')
print(cursor.fetchone()[0])
cursor.executemany('UPDATE users SET name = %s WHERE id = %s', [('Ünal', 1), ('Grace', 2)])
cursor.execute('SELECT name FROM users WHERE id = 1')
print(cursor.fetchone()[0])
c.rollback()
try:
    cursor.execute('DROP TABLE users')
except MySQLdb.Error as error:
    print(error.args[0])
`;
    const end = await runProgram('/usr/bin/python3', ['-c', program], {
      PATH: process.env.PATH,
      PYTHONIOENCODING: 'utf-8',
      TOKEN: await mysql.token(version, 'editor', 'readwrite'),
    });
    expect(end).toMatchObject({ code: 0, stdout: `${shopLogin('readwrite')}@%\nÜnal\n1142` });
  });

  test('mysql-connector-python, which is MySQL’s own, signs in over TLS, reads, prepares and writes', async () => {
    // Without a collation it asks for one of MySQL 8, which MariaDB 10.11 does not know.
    const program = `
import os, mysql.connector
c = mysql.connector.connect(host='127.0.0.1', port=${mysql.port}, user='me', password=os.environ['TOKEN'],
                            database='${shops[version]}', use_pure=True,
                            collation='utf8mb4_general_ci')
cursor = c.cursor()
cursor.execute('${account}')
print(cursor.fetchone()[0])
prepared = c.cursor(prepared=True)
prepared.execute('UPDATE users SET name = ? WHERE id = ?', ('Ünal', 1))
prepared.execute('SELECT name FROM users WHERE id = ?', (1,))
print(prepared.fetchone()[0])
c.rollback()
try:
    c.cursor().execute('DROP TABLE users')
except mysql.connector.Error as error:
    print(error.errno)
`;
    const [command, ...before] = await pythonWithMysqlConnector();
    const end = await runProgram(command, [...before, '-c', program], {
      PATH: process.env.PATH,
      PYTHONIOENCODING: 'utf-8',
      TOKEN: await mysql.token(version, 'editor', 'readwrite'),
    });
    expect(end).toMatchObject({ code: 0, stdout: `${shopLogin('readwrite')}@%\nÜnal\n1142` });
  });

  test('mysql2 runs statements, prepared ones and a transaction', async () => {
    const client = await mysql.client(await mysql.token(version, 'editor', 'readwrite'), {
      rowsAsArray: true,
    });
    await client.beginTransaction();
    await client.execute('UPDATE users SET name = ? WHERE id = ?', ['Countess', 1]);
    expect((await client.execute('SELECT name FROM users WHERE id = 1'))[0]).toEqual([['Countess']]);
    await client.rollback();
    expect((await client.query('SELECT name FROM users WHERE id = 1'))[0]).toEqual([['Ada']]);
    await client.end();
  });

  test('what grantway connect starts is signed in, with the token in no argument', async () => {
    const accessToken = await mysql.token(version, 'viewer', 'readonly');
    const connection = {
      engine: 'mysql',
      host: '127.0.0.1',
      port: mysql.port,
      username: 'readonly',
      database: shops[version],
      role: 'readonly',
    };
    const [program] = databasePrograms.get('mysql') ?? [];
    if (program === undefined) throw new TypeError('no program');
    const args = [...program.args({ connection }), '--skip-column-names', '-e', account];
    expect(args.join(' ')).not.toContain(accessToken);
    const end = await runProgram(
      program.command,
      args,
      program.environment({ PATH: process.env.PATH }, { connection }, accessToken),
    );
    expect(end.stdout).toContain(`${shopLogin('readonly')}@%`);
  });
});
