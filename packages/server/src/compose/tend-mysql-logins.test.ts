import { type Connection, createConnection } from 'mysql2/promise';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { ManagedLoginBed } from '../../../../tests/support/managed-logins.ts';
import { type ManagedMysql, makeManagedMysql, outcomeOf } from '../../../../tests/support/managed-mysql.ts';
import { startMysqlServer, type TestMysql } from '../../../../tests/support/mysql.ts';
import { mysqlVersions } from '../../../../tests/support/mysql-builds.ts';
import { Secret } from '../core/index.ts';
import { mysqlRoleManager } from '../engines/mysql/roles/index.ts';

describe.for(mysqlVersions)('managed logins on %s', (version) => {
  let server: TestMysql;
  let sample: ManagedMysql;
  let bed: ManagedLoginBed;
  let look: () => Promise<void>;
  let session: Connection;
  let account: string;

  beforeAll(async () => {
    server = await startMysqlServer(version);
  });
  afterAll(async () => {
    await server.stop();
  });
  beforeEach(async () => {
    sample = await makeManagedMysql(server, { readonly: { kind: 'template', template: 'read' } });
    const { database, managerPassword } = sample;
    await mysqlRoleManager.apply(database, managerPassword);
    bed = await ManagedLoginBed.make({ database, managerPassword, manager: mysqlRoleManager });
    expect(await bed.rotate(sample.role('readonly'))).toBe('rotated');
    look = bed.gateway('first');
    const { login } = sample.role('readonly');
    account = `'${login}'@'%'`;
    const { host, port, upstreamName } = database;
    const password = (await bed.secretOf(sample.role('readonly'))).reveal();
    session = await createConnection({ host, port, database: upstreamName, user: login, password });
  });
  afterEach(async () => {
    await session.end();
    await bed.remove();
    await sample.close();
  });

  /** What a session does where the server lets it, and what an administrator does where it does not. */
  async function changePassword(password: string): Promise<void> {
    const set = server.product === 'mysql' ? `'${password}'` : `PASSWORD('${password}')`;
    const outcome = await outcomeOf(session, `SET PASSWORD = ${set}`);
    expect(outcome).toBe(server.product === 'mysql' ? 3892 : 'done');
    if (outcome !== 'done')
      await sample.administrator.query(`ALTER USER ${account} IDENTIFIED BY '${password}'`);
  }

  test.for(['mine now', ''])(
    'D06 a password that a session set for its login (%j) lasts until the next look, and sessions go on',
    async (password) => {
      const role = sample.role('readonly');
      await changePassword(password);
      expect(await bed.letsIn(role)).toBe(false);
      await look();
      expect(await bed.letsIn(role)).toBe(true);
      expect(await mysqlRoleManager.accepts(sample.database, role, new Secret(password))).toBe(false);
      expect(await outcomeOf(session, 'SELECT * FROM users')).toBe('done');
      expect(bed.events).toMatchObject([
        { action: 'role_secret_rotated', target: `${sample.database.name}/readonly`, by: 'grantway' },
      ]);
      expect(bed.problems).toHaveLength(1);
      await look();
      expect(bed.events).toHaveLength(1);
    },
  );

  test('D06 a session that takes the password off its locked login does not unlock it, by a look, a rotation or an apply', async () => {
    const role = sample.role('readonly');
    await sample.administrator.query(`ALTER USER ${account} ACCOUNT LOCK`);
    await changePassword('');
    for (let minute = 1; minute <= 8; minute++) await look();
    expect(await bed.rotate(role)).toBe('not_accepted');
    await changePassword('');
    await mysqlRoleManager.apply(sample.database, sample.managerPassword);
    expect(await bed.rotate(role)).toBe('not_accepted');
    expect(await bed.letsIn(role)).toBe(false);
    await sample.administrator.query(`ALTER USER ${account} ACCOUNT UNLOCK`);
    expect(await bed.letsIn(role)).toBe(true);
  });

  test('a login that an administrator locked stays locked, whatever its password, which is told once', async () => {
    const role = sample.role('readonly');
    await changePassword('mine now');
    await sample.administrator.query(`ALTER USER ${account} ACCOUNT LOCK`);
    for (let minute = 1; minute <= 8; minute++) await look();
    expect(await bed.letsIn(role)).toBe(false);
    expect(bed.problems).toEqual([
      expect.stringMatching(/^The login of ".*\/readonly" cannot be looked after/),
    ]);
    await sample.administrator.query(`ALTER USER ${account} ACCOUNT UNLOCK`);
    expect(await bed.letsIn(role)).toBe(true);
  });
});
