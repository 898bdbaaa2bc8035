import type { RowDataPacket } from 'mysql2';
import { type Connection, createConnection } from 'mysql2/promise';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import {
  type ManagedMysql,
  makeManagedMysql,
  outcomeOf,
} from '../../../../../../tests/support/managed-mysql.ts';
import { startMysqlServer, type TestMysql } from '../../../../../../tests/support/mysql.ts';
import { mysqlVersions } from '../../../../../../tests/support/mysql-builds.ts';
import { mysqlRoleManager } from './index.ts';
import { templates } from './templates.ts';

/** "Access denied to the database", "to the table", "you need ROLE_ADMIN", "the definer of the view lacks rights". */
const [noDatabase, noTable, noRoleAdmin, noRightsOfDefiner] = [1044, 1142, 1227, 1356];

describe.for(mysqlVersions)('rights that an account has through a role, on %s', (version) => {
  const isMysql = version === 'mysql-9.7';
  let server: TestMysql;
  let sample: ManagedMysql;
  /** The people of another role, who read what the account makes. */
  let reader: Connection;

  beforeAll(async () => {
    server = await startMysqlServer(version);
    sample = await makeManagedMysql(server);
    await mysqlRoleManager.apply(sample.database, sample.managerPassword);
    for (const statement of [
      'CREATE ROLE carrier, auditor',
      'GRANT PROCESS ON *.* TO auditor',
      `GRANT ${templates.admin.join(', ')} ON ${sample.database.name}.* TO carrier`,
      `CREATE USER carried@'%' IDENTIFIED BY 'carried'`,
      `GRANT carrier TO carried@'%'`,
    ]) {
      await sample.administrator.query(statement);
    }
    reader = await sample.connectAs('readonly');
  });
  beforeEach(async () => {
    await sample.administrator.query(`SET DEFAULT ROLE carrier ${isMysql ? 'TO' : 'FOR'} carried@'%'`);
  });
  afterAll(async () => {
    await reader.end();
    await sample.close();
    await server.stop();
  });

  async function connectAs(user: string, password: string, database?: string): Promise<Connection> {
    const { host, port } = server;
    const connection = await createConnection({ host, port, user, password, ...(database && { database }) });
    connection.on('error', () => {});
    return connection;
  }
  const asCarried = async () => await connectAs('carried', 'carried', sample.database.name);
  /** Everybody may do so for their own account, which is that of all people with the role. */
  const withoutDefault = async (session: Connection, login: string) =>
    await session.query(`SET DEFAULT ROLE NONE${isMysql ? ` TO '${login}'@'%'` : ''}`);

  test('can be granted on MySQL only by a manager that can grant itself every such role of the server', async () => {
    const { database, managerPassword, administrator } = sample;
    const login = database.manager?.login ?? '';
    const manager = await connectAs(login, managerPassword.reveal());
    await manager.query('CREATE ROLE made_by_manager');
    const grant = `GRANT made_by_manager TO '${login}'@'%'`;
    expect(await outcomeOf(manager, grant)).toBe(isMysql ? noRoleAdmin : 'done');
    if (isMysql) {
      await administrator.query(`GRANT ROLE_ADMIN ON *.* TO '${login}'@'%'`);
      expect(await outcomeOf(manager, grant)).toBe('done');
      expect(await outcomeOf(manager, `GRANT auditor TO '${login}'@'%'`)).toBe('done');
      await manager.query('SET ROLE auditor');
      const [rows] = await manager.query<RowDataPacket[]>('SHOW PROCESSLIST');
      expect(rows.map(({ User }) => User)).toContain('administrator');
      await administrator.query(`REVOKE ROLE_ADMIN ON *.* FROM '${login}'@'%'`);
    }
    await manager.end();
  });

  test('are none of the definer of a view, or not for long', async () => {
    const session = await asCarried();
    await session.query('CREATE VIEW made_by_carried AS SELECT name FROM users');
    const read = 'SELECT * FROM made_by_carried';
    // MariaDB gives a definer no role at all; MySQL its default ones.
    expect(await outcomeOf(reader, read)).toBe(isMysql ? 'done' : noRightsOfDefiner);
    await withoutDefault(session, 'carried');
    expect(await outcomeOf(reader, read)).toBe(noRightsOfDefiner);
    // No SET ROLE of the gateway's would help.
    await session.query('SET ROLE carrier');
    expect(await outcomeOf(session, 'SELECT * FROM users')).toBe('done');
    expect(await outcomeOf(session, read)).toBe(noRightsOfDefiner);
    await session.end();
  });

  test('are taken from everybody who comes after by whoever is signed in', async () => {
    const session = await asCarried();
    await withoutDefault(session, 'carried');
    await session.end();
    await expect(asCarried()).rejects.toMatchObject({ errno: noDatabase });
    const next = await connectAs('carried', 'carried');
    expect(await outcomeOf(next, `SELECT * FROM ${sample.database.name}.users`)).toBe(noTable);
    await next.end();
  });

  test('are better held by the account itself, as apply makes it: there is nothing to take', async () => {
    const session = await sample.connectAs('admin');
    await session.query('CREATE VIEW made_by_admin AS SELECT name FROM users');
    await withoutDefault(session, sample.role('admin').login);
    await session.query('SET ROLE NONE');
    expect(await outcomeOf(reader, 'SELECT * FROM made_by_admin')).toBe('done');
    await session.end();
    const next = await sample.connectAs('admin');
    expect(await outcomeOf(next, 'SELECT * FROM users')).toBe('done');
    expect(await outcomeOf(next, 'SELECT * FROM made_by_admin')).toBe('done');
    await next.end();
  });
});
