import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  applyTo,
  changesOf,
  type ManagedMysql,
  makeManagedMysql,
  outcomeOf,
} from '../../../../../../tests/support/managed-mysql.ts';
import { startMysqlServer, type TestMysql } from '../../../../../../tests/support/mysql.ts';
import { mysqlVersions } from '../../../../../../tests/support/mysql-builds.ts';
import { type ManagedGrants, Refusal, Secret } from '../../../core/index.ts';
import { databasePattern, identifier } from './identifier.ts';

describe.for(mysqlVersions)('names and statements of the configuration on %s', (version) => {
  const isMysql = version === 'mysql-9.7';
  let server: TestMysql;

  beforeAll(async () => {
    server = await startMysqlServer(version);
  });
  afterAll(async () => await server.stop());

  describe('an operator’s own statements', () => {
    const statements = (...list: readonly string[]): Readonly<Record<string, ManagedGrants>> => ({
      support: { kind: 'statements', statements: list },
    });

    /** A login that reads the table by a statement which has run. */
    const readerOfUsers = async () => {
      const made = await makeManagedMysql(server, statements('GRANT SELECT ON nowhere.users TO {login}'));
      const { name, roles } = made.database;
      const grants = {
        kind: 'statements',
        statements: [`GRANT SELECT ON ${name}.users TO {login}`],
      } as const;
      const sample = {
        ...made,
        database: { ...made.database, roles: roles.map((role) => ({ ...role, grants })) },
      };
      await applyTo(sample);
      const client = await sample.connectAs('support');
      expect(await outcomeOf(client, 'SELECT id FROM users')).toBe('done');
      return { sample, client };
    };

    test('run once, again when they change, and give what they say', async () => {
      const sample = await makeManagedMysql(server, statements('GRANT SELECT (name) ON users TO {login}'));
      const { name } = sample.database;
      const own = { ...sample.database, roles: sample.database.roles };
      const qualified = (privileges: string) => ({
        ...own,
        roles: own.roles.map((role) => ({
          ...role,
          grants: {
            kind: 'statements',
            statements: [`GRANT ${privileges} ON ${name}.users TO {login}`],
          } as const,
        })),
      });
      const first = { ...sample, database: qualified('SELECT (name)') };
      const planned = await changesOf(first);
      expect(await applyTo(first)).toEqual(planned);
      expect(await changesOf(first)).toEqual([]);
      const client = await sample.connectAs('support');
      expect(await outcomeOf(client, 'SELECT name FROM users')).toBe('done');
      expect(await outcomeOf(client, 'SELECT id FROM users')).toBe(1143);

      const second = { ...sample, database: qualified('SELECT') };
      expect((await changesOf(second)).map(({ sql }) => sql.split(' ')[0])).toEqual([
        'DROP',
        'GRANT',
        'CREATE',
      ]);
      await applyTo(second);
      expect(await changesOf(second)).toEqual([]);
      expect(await outcomeOf(client, 'SELECT id FROM users')).toBe('done');

      await sample.administrator.query(`GRANT FILE ON *.* TO '${name}_support'@'%'`);
      expect((await applyTo(second)).map(({ sql }) => sql.split(' ')[0])).toEqual([
        'DROP',
        'REVOKE',
        'GRANT',
        'CREATE',
      ]);
      expect(await changesOf(second)).toEqual([]);
      await client.end();
      await sample.close();
    });

    test('that were broken off half-way run again', async () => {
      const { sample, client } = await readerOfUsers();
      const { name } = sample.database;
      const everywhere = identifier(databasePattern(name));
      await sample.administrator.query(`GRANT FILE ON *.* TO '${name}_support'@'%'`);
      // What the manager cannot grant again ends the apply behind its REVOKE.
      const manager = `'${name}_manager'@'%'`;
      await sample.administrator.query(`REVOKE SELECT ON ${everywhere}.* FROM ${manager}`);
      await expect(applyTo(sample)).rejects.toThrow(/GRANT SELECT ON/);
      expect(await outcomeOf(client, 'SELECT id FROM users')).not.toBe('done');
      await sample.administrator.query(`GRANT SELECT ON ${everywhere}.* TO ${manager} WITH GRANT OPTION`);
      await applyTo(sample);
      expect(await changesOf(sample)).toEqual([]);
      const again = await sample.connectAs('support');
      expect(await outcomeOf(again, 'SELECT id FROM users')).toBe('done');
      for (const one of [client, again]) await one.end();
      await sample.close();
    });

    test('have the login in them as it is, also one with a dollar sign', async () => {
      const sample = renamed(
        await makeManagedMysql(server, statements('GRANT SELECT ON nowhere.users TO {login}')),
        () => 'of$$two$',
      );
      const granted = (await changesOf(sample))
        .map(({ sql }) => sql)
        .filter((sql) => sql.startsWith('GRANT'));
      expect(granted).toEqual(["GRANT SELECT ON nowhere.users TO 'of$$two$'@'%'"]);
      await sample.close();
    });

    const refused: readonly [statement: string, why: RegExp][] = [
      ['SELECT 1 /* {login} */', /is none of GRANT/],
      ['GRANT SELECT ON shop.users TO somebody', /does not name \{login\}/],
      ['GRANT SELECT ON shop.users TO {login}; DROP TABLE users', /more than one plain statement/],
      ['GRANT SELECT ON shop.users TO {login} -- more', /more than one plain statement/],
      ["GRANT SELECT ON shop.users TO {login}, '\\''@'%'", /more than one plain statement/],
      ['GRANT FILE ON *.* TO {login}', /about the whole server/],
      ['GRANT FILE ON * . * TO {login}', /about the whole server/],
      ['GRANT SELECT ON * TO {login}', /about the whole server/],
      ['GRANT PROXY ON root TO {login}', /would let the login be another/],
      ['GRANT SELECT ON shop.* TO {login} WITH GRANT OPTION', /more than rights/],
      ['GRANT SELECT ON shop.* TO {login} IDENTIFIED BY PASSWORD', /more than rights/],
      ['GRANT SELECT ON mysql.user TO {login}', /server’s own tables/],
      ['GRANT SELECT ON `mysql`.* TO {login}', /server’s own tables/],
      ['GRANT SELECT ON `shop%`.* TO {login}', /stands for any database/],
    ];
    test.for(refused)('%s is refused before anything runs', async ([statement, why]) => {
      const sample = await makeManagedMysql(server, statements(statement));
      const refusal = await applyTo(sample).catch((thrown: unknown) => thrown);
      expect((refusal as Refusal).message).toMatch(why);
      await sample.close();
    });
  });

  const wrong: readonly [what: string, change: (sample: ManagedMysql) => ManagedMysql, why: RegExp][] = [
    ['no manager', (sample) => without(sample, 'manager'), /has no manager account/],
    [
      'a wrong manager password',
      (sample) => ({ ...sample, managerPassword: new Secret('no') }),
      /Access denied/,
    ],
    ['two roles with one login', (sample) => renamed(sample, () => 'one'), /share the login "one"/],
    ['a login with a quote', (sample) => renamed(sample, (login) => `${login}'`), /has a quote/],
    [
      'an empty login',
      (sample) => renamed(sample, (_, index) => (index === 0 ? '' : `l${index}`)),
      /is empty/,
    ],
    [
      'a login that is too long',
      (sample) => renamed(sample, (login) => `${login}${'x'.repeat(isMysql ? 32 : 80)}`),
      /characters, and \w+ takes/,
    ],
  ];
  test.for(wrong)('%s is refused in one sentence', async ([, change, why]) => {
    const sample = await makeManagedMysql(server);
    const refusal = await applyTo(change(sample)).catch((thrown: unknown) => thrown);
    expect(refusal).toBeInstanceOf(Refusal);
    expect((refusal as Refusal).message).toMatch(why);
    await sample.close();
  });
});

function without(sample: ManagedMysql, key: 'manager'): ManagedMysql {
  const { [key]: _, ...database } = sample.database;
  return { ...sample, database };
}

function renamed(sample: ManagedMysql, name: (login: string, index: number) => string): ManagedMysql {
  const roles = sample.database.roles.map((role, index) => ({ ...role, login: name(role.login, index) }));
  return { ...sample, database: { ...sample.database, roles } };
}
