import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type ManagedMysql, makeManagedMysql } from '../../../../../../tests/support/managed-mysql.ts';
import { startMysqlServer, type TestMysql } from '../../../../../../tests/support/mysql.ts';
import { mysqlVersions } from '../../../../../../tests/support/mysql-builds.ts';
import { mysqlRoleManager } from './index.ts';

/** Each makes one weakness on the server; none is about a login that apply would correct. */
const weaknesses: readonly [what: string, sql: string, severity: string, code: string][] = [
  ['local_infile', 'SET GLOBAL local_infile = ON', 'warning', 'local_infile'],
  ['an account without a name', `CREATE USER ''@'192.0.2.1'`, 'danger', 'account_without_name'],
];

describe.for(mysqlVersions)('what examine says of %s', (version) => {
  let server: TestMysql;
  let sample: ManagedMysql;

  beforeAll(async () => {
    server = await startMysqlServer(version);
    sample = await makeManagedMysql(server);
    await sample.administrator.query('SET GLOBAL local_infile = OFF');
    await mysqlRoleManager.apply(sample.database, sample.managerPassword);
  });
  afterAll(async () => {
    await sample.close();
    await server.stop();
  });

  test.for(weaknesses)('%s is found, and gone after what is printed', async ([, sql, severity, code]) => {
    const found = async () => {
      const all = await mysqlRoleManager.examine(sample.database, sample.managerPassword);
      return all.filter((one) => one.code === code);
    };
    expect(await found()).toEqual([]);
    await sample.administrator.query(sql);
    const [finding] = await found();
    expect(finding?.severity).toBe(severity);
    await sample.administrator.query(finding?.mend ?? '');
    expect(await found()).toEqual([]);
  });
});
