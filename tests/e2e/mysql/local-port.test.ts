import { createConnection } from 'mysql2/promise';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type LocalPortProcess, startLocalPort } from '../../support/local-port.ts';
import { type MysqlBuild, mysqlBuilds, mysqlVersions } from '../../support/mysql-builds.ts';
import { type MysqlGateway, shopLogin, shops, startMysqlGateway } from '../../support/mysql-gateway.ts';
import { runProgram } from '../../support/psql.ts';
import { findServerProgram } from '../../support/server-program.ts';

let mysql: MysqlGateway;
let local: LocalPortProcess;
beforeAll(async () => {
  mysql = await startMysqlGateway();
  local = await startLocalPort(
    mysql.gateway,
    mysql.gateway.person('editor'),
    shops['mysql-9.7'],
    '--role',
    'readwrite',
  );
});
afterAll(async () => {
  await local?.stop();
  await mysql?.stop();
});

const account = `${shopLogin('readwrite')}@%`;

describe('grantway proxy', () => {
  test.for(mysqlVersions)('lets the command line client of %s in without a password', async (version) => {
    const build: MysqlBuild = mysqlBuilds[version];
    const program = await findServerProgram(build);
    // The port is for whoever opened it, and the tests' servers run as somebody else.
    const [command, ...words] = program.command(build.client);
    const before = words.filter((word) => !word.startsWith('--userspec='));
    const clear = build.product === 'mysql' ? '--ssl-mode=DISABLED' : '--skip-ssl';
    const where = ['--no-defaults', '--protocol=TCP', '--host=127.0.0.1', `--port=${local.port}`];
    const { stdout, stderr } = await runProgram(
      command,
      [
        ...before,
        ...where,
        clear,
        '--batch',
        '--skip-column-names',
        '-e',
        'SELECT CURRENT_USER(), DATABASE()',
      ],
      { PATH: process.env.PATH },
    );
    expect({ stdout: stdout.trim(), stderr }).toMatchObject({
      stderr: '',
      stdout: `${account}\tshop`,
    });
  });

  test.each([undefined, 'saved long ago'])(
    'lets a driver in, whatever password it has: %s',
    async (password) => {
      const client = await createConnection({
        host: '127.0.0.1',
        port: local.port,
        user: 'whoever',
        database: 'elsewhere',
        ...(password !== undefined && { password }),
      });
      const [rows] = await client.query('SELECT CURRENT_USER() AS account');
      expect(rows).toEqual([{ account }]);
      const [prepared] = await client.execute('SELECT name FROM users WHERE id = ?', [2]);
      expect(prepared).toEqual([{ name: 'Grace' }]);
      await client.end();
    },
  );
});
