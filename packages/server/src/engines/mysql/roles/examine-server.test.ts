import { type Connection, createConnection } from 'mysql2/promise';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeAuthority } from '../../../../../../tests/support/certificates.ts';
import { testDatabase } from '../../../../../../tests/support/engine-door.ts';
import { type ManagedMysql, makeManagedMysql } from '../../../../../../tests/support/managed-mysql.ts';
import { startMariadb, startMysqlServer, type TestMysql } from '../../../../../../tests/support/mysql.ts';
import { mysqlVersions } from '../../../../../../tests/support/mysql-builds.ts';
import { type Database, Secret } from '../../../core/index.ts';
import { mysqlRoleManager } from './index.ts';

interface Weakness {
  readonly what: string;
  /** `$shop` is the database, `$app` a login with a password in the config, `$reader` a managed one. */
  readonly sql: readonly string[];
  readonly severity: string;
  /** The product that knows such a thing; absent: all. */
  readonly only?: 'mysql' | 'mariadb';
  readonly code: string;
  /** Undoes what the finding is not about. */
  readonly after?: readonly string[];
}

const weaknesses: readonly Weakness[] = [
  {
    what: 'local_infile',
    sql: ['SET GLOBAL local_infile = ON'],
    severity: 'warning',
    code: 'local_infile',
  },
  {
    what: 'a server that takes clients without TLS',
    sql: ['SET GLOBAL require_secure_transport = OFF'],
    severity: 'warning',
    code: 'clear_text',
  },
  {
    what: 'an account without a name',
    sql: [`CREATE USER ''@'192.0.2.1'`],
    severity: 'danger',
    code: 'account_without_name',
  },
  {
    what: 'a database that everybody may use',
    sql: [`CREATE USER ''@'192.0.2.2'`, `GRANT SELECT ON \`test\`.* TO ''@'192.0.2.2'`],
    severity: 'warning',
    code: 'open_database',
    after: [`DROP USER ''@'192.0.2.2'`],
  },
  {
    what: 'a database that is granted to PUBLIC',
    only: 'mariadb',
    sql: ['GRANT SELECT ON `test`.* TO PUBLIC'],
    severity: 'warning',
    code: 'open_database',
  },
  {
    what: 'an account with an odd name and without a password',
    sql: [`CREATE USER 'o''dd\\\\'@'192.0.2.%' IDENTIFIED BY ''`],
    severity: 'danger',
    code: 'open_account',
    after: [`DROP USER 'o''dd\\\\'@'192.0.2.%'`],
  },
  {
    what: 'an account without a password',
    sql: [`CREATE USER guest@'192.0.2.3' IDENTIFIED BY ''`],
    severity: 'danger',
    code: 'open_account',
    after: [`DROP USER guest@'192.0.2.3'`],
  },
  ...['FILE', 'SUPER', 'PROCESS'].map((privilege) => ({
    what: `${privilege} on a login`,
    sql: [`GRANT ${privilege} ON *.* TO $app`],
    severity: 'danger',
    code: 'global_privilege',
  })),
  {
    what: 'a role with privileges on the whole server',
    sql: ['CREATE ROLE boss', 'GRANT PROCESS ON *.* TO boss', 'GRANT boss TO $app'],
    severity: 'danger',
    code: 'powerful_role',
    after: ['DROP ROLE boss'],
  },
  {
    what: 'such a role that is granted to a role',
    sql: [
      'CREATE ROLE boss, clerk',
      'GRANT PROCESS ON *.* TO boss',
      'GRANT boss TO clerk',
      'GRANT clerk TO $app',
    ],
    severity: 'danger',
    code: 'powerful_role',
    after: ['DROP ROLE boss, clerk'],
  },
  {
    what: 'such a role that everybody has',
    only: 'mysql',
    sql: [
      'CREATE ROLE boss, `cl``erk`',
      'GRANT PROCESS ON *.* TO boss',
      "SET PERSIST mandatory_roles = 'boss, `cl``erk`@`%`'",
    ],
    severity: 'danger',
    code: 'powerful_role',
    after: ["SET PERSIST mandatory_roles = ''", 'DROP ROLE boss, `cl``erk`'],
  },
  {
    what: 'a privilege on the whole server that everybody has',
    only: 'mariadb',
    sql: ['GRANT PROCESS ON *.* TO PUBLIC'],
    severity: 'danger',
    code: 'powerful_role',
  },
  {
    what: 'D08 a procedure that runs as somebody more powerful',
    sql: ['CREATE PROCEDURE $shop.peek() SELECT 1', 'GRANT EXECUTE ON PROCEDURE $shop.peek TO $app'],
    severity: 'danger',
    code: 'definer_routine',
    after: ['DROP PROCEDURE $shop.peek'],
  },
  {
    what: 'such a procedure, for which a role of a role has the right',
    sql: [
      'CREATE PROCEDURE $shop.peek() SELECT 1',
      "CREATE ROLE `cl'e\\rk`, boss",
      'GRANT EXECUTE ON $shop.* TO boss',
      "GRANT boss TO `cl'e\\rk`",
      "GRANT `cl'e\\rk` TO $app",
    ],
    severity: 'danger',
    code: 'definer_routine',
    after: ['DROP PROCEDURE $shop.peek', "DROP ROLE `cl'e\\rk`, boss"],
  },
  {
    what: 'such a procedure, for which a role has the right that everybody has',
    only: 'mysql',
    sql: [
      'CREATE PROCEDURE $shop.peek() SELECT 1',
      'CREATE ROLE clerk',
      'GRANT EXECUTE ON PROCEDURE $shop.peek TO clerk',
      "SET PERSIST mandatory_roles = 'clerk'",
    ],
    severity: 'danger',
    code: 'definer_routine',
    after: ["SET PERSIST mandatory_roles = ''", 'DROP PROCEDURE $shop.peek', 'DROP ROLE clerk'],
  },
  {
    what: 'such a procedure that everybody may run',
    only: 'mariadb',
    sql: ['CREATE PROCEDURE $shop.peek() SELECT 1', 'GRANT EXECUTE ON PROCEDURE $shop.peek TO PUBLIC'],
    severity: 'danger',
    code: 'definer_routine',
    after: ['REVOKE EXECUTE ON PROCEDURE $shop.peek FROM PUBLIC', 'DROP PROCEDURE $shop.peek'],
  },
  {
    what: 'D08 a trigger that runs as somebody more powerful',
    sql: [
      'CREATE TABLE $shop.log (said TEXT)',
      `CREATE TRIGGER $shop.noted BEFORE INSERT ON $shop.users FOR EACH ROW BEGIN
         INSERT INTO log VALUES ('said; so'); INSERT INTO log VALUES (NEW.name); END`,
      'GRANT TRIGGER, UPDATE ON $shop.users TO $app',
      'CREATE DEFINER = $app TRIGGER $shop.later BEFORE INSERT ON $shop.users FOR EACH ROW SET NEW.name = UPPER(NEW.name)',
    ],
    severity: 'warning',
    code: 'definer_trigger',
    after: [
      // As made anew they work, in their order, with the rights of the new definer.
      `INSERT INTO $shop.users (name) VALUES ('barbara')`,
      `SELECT IF((SELECT COUNT(*) = 2 AND SUM(BINARY said = 'barbara') = 1 FROM $shop.log), 1, (SELECT 1 UNION SELECT 2))`,
      'DROP TRIGGER $shop.later',
      'DROP TRIGGER $shop.noted',
      'DROP TABLE $shop.log',
      'REVOKE TRIGGER, UPDATE ON $shop.users FROM $app',
      `DROP USER 'definer_$shop'@'localhost'`,
    ],
  },
  {
    what: 'D08 an event that runs as somebody more powerful',
    sql: ['CREATE EVENT $shop.nightly ON SCHEDULE EVERY 1 DAY DO DELETE FROM users WHERE id < 0'],
    severity: 'warning',
    code: 'definer_event',
    after: ['DROP EVENT $shop.nightly', `DROP USER 'definer_$shop'@'localhost'`],
  },
  {
    what: 'D08 a view that reads as somebody more powerful',
    sql: ['CREATE SQL SECURITY DEFINER VIEW $shop.everybody AS SELECT User FROM mysql.user'],
    severity: 'warning',
    code: 'definer_view',
    after: ['DROP VIEW $shop.everybody'],
  },
  {
    what: 'a managed login that was given more',
    sql: ['GRANT CREATE VIEW ON $shop.* TO $reader'],
    severity: 'warning',
    code: 'drift',
  },
];

describe.for(mysqlVersions)('what examine says of %s', (version) => {
  let server: TestMysql;
  let sample: ManagedMysql;
  let database: Database;
  /** Takes what is printed as it is, also when that is more than one statement. */
  let mender: Connection;

  beforeAll(async () => {
    const authority = await makeAuthority();
    const certificate = await authority.issue(['localhost']);
    server = await startMysqlServer(version, { tls: { certificate, authority: authority.certificate } });
    sample = await makeManagedMysql(server, undefined, { tls: 'require' });
    const { administrator, managerPassword } = sample;
    mender = await createConnection({ uri: server.adminUrl(), multipleStatements: true });
    const app = `${sample.database.name}_app`;
    const role = { name: 'app', login: app, password: 'env:APP', maxSessionMs: 60_000 };
    const allow = { kind: 'everyone' } as const;
    database = { ...sample.database, roles: [...sample.database.roles, { ...role, allow }] };
    await administrator.query(`CREATE USER '${app}'@'%' IDENTIFIED BY 'secret' REQUIRE SSL`);
    await administrator.query(`GRANT SELECT ON ${sample.database.name}.* TO '${app}'@'%'`);
    await administrator.query('SET GLOBAL local_infile = OFF');
    await administrator.query('SET GLOBAL require_secure_transport = ON');
    await mysqlRoleManager.apply(sample.database, managerPassword);
    // A fresh server has an administrator whom everybody on the machine can be.
    const open = (await findings()).filter(({ code }) => code === 'open_account');
    expect(open.map(({ meaning }) => meaning)).toContainEqual(
      expect.stringContaining('account root is open'),
    );
    for (const { mend } of open) await mender.query(mend);
    // What the manager account cannot look at is said, until it may.
    const unseen = (await findings()).filter(({ code }) => code.endsWith('_unseen'));
    expect(unseen.map(({ code }) => code)).toEqual([
      ...(server.product === 'mysql' ? ['routines_unseen'] : []),
      'triggers_unseen',
    ]);
    for (const { mend } of unseen) await mender.query(mend);
  });
  afterAll(async () => {
    await mender.end();
    await sample.close();
    await server.stop();
  });

  /** What is found, without what the server of the tests always has. */
  async function findings() {
    const all = await mysqlRoleManager.examine(database, sample.managerPassword);
    const always = ['server_files_anywhere', 'no_strong_plugin', 'weak_plugin'];
    return all.filter(({ code }) => !always.includes(code));
  }
  async function run(statements: readonly string[]): Promise<void> {
    const { name } = sample.database;
    for (const statement of statements)
      await sample.administrator.query(
        statement
          .replaceAll('$shop', name)
          .replaceAll('$app', `'${name}_app'@'%'`)
          .replaceAll('$reader', `'${name}_readonly'@'%'`),
      );
  }

  test('there is nothing to say about logins as apply makes them, and one that is nothing but itself', async () => {
    expect(await findings()).toEqual([]);
  });

  const ours = weaknesses.filter(({ only = version }) => version.startsWith(only));
  test.for(ours)('$what is found, and gone after what is printed', async (weakness) => {
    const { sql, severity, code, after = [] } = weakness;
    await run(sql);
    const found = (await findings()).filter((one) => one.code === code);
    expect(found.map((one) => one.severity)).toEqual(found.map(() => severity));
    expect(found.length).toBeGreaterThan(0);
    for (const { mend } of found) await mender.query(mend);
    expect((await findings()).filter((one) => one.code === code)).toEqual([]);
    await run(after);
    expect(await findings()).toEqual([]);
  });
});

test('a server that checks no passwords at all is found', async () => {
  const server = await startMariadb({ settings: { skip_grant_tables: 'ON' } });
  try {
    const { host, port } = server;
    const database: Database = {
      ...testDatabase({ host, port, engine: 'mysql' }, 'app'),
      upstreamName: 'mysql',
      manager: { login: 'anybody', password: 'env:UNUSED' },
    };
    const found = await mysqlRoleManager.examine(database, new Secret('anything'));
    expect(found).toContainEqual(expect.objectContaining({ severity: 'danger', code: 'grants_skipped' }));
  } finally {
    await server.stop();
  }
});
